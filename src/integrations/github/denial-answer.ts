import type { DenialAnswer, DenialView } from '../integration.ts'

const DOCUMENTATION = 'https://docs.github.com/rest/authentication/permissions-required-for-github-apps'

/**
 * A refusal in the form of GitHub's own errors, which every GitHub client reads: `message`, `documentation_url`, `status` (text).
 * The message avoids GitHub's words for its limits, on which Octokit's throttling waits and tries again.
 */
export function githubDenialAnswer(view: DenialView): DenialAnswer {
  const headers = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store']
  if (view.retryAfterSeconds !== undefined) headers.push('Retry-After', String(view.retryAfterSeconds))
  return { status: view.status, headers, body: JSON.stringify(body(view)) }
}

function body(view: DenialView): Readonly<Record<string, unknown>> {
  return {
    message: denialMessage(view),
    documentation_url: view.link ?? DOCUMENTATION,
    status: String(view.status),
    postern: {
      code: view.code,
      layer: view.layer,
      rule: view.rule,
      decision: view.decisionId,
      hint: view.hint,
      missing_scopes: view.missingScopes.length === 0 ? undefined : view.missingScopes,
      link: view.link,
    },
  }
}

/** The sentence that every refusal of this integration has. */
export function denialMessage(view: DenialView): string {
  const hint = view.hint === undefined ? '' : ` ${view.hint}`
  const by = view.rule === undefined ? view.code : `${view.code} by ${view.rule}`
  return `Postern: ${view.title}${hint} (${by}, ${view.decisionId})`
}
