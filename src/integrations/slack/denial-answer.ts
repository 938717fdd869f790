import type { Code } from '../../model/codes.ts'
import type { DenialAnswer, DenialView } from '../integration.ts'

/** Refusals that pass by themselves: told by 429, the one status after which Slack's SDK waits as long as it is told to. */
const PASSING: ReadonlySet<Code> = new Set<Code>(['rate_limited', 'overloaded', 'draining'])
const DEFAULT_RETRY_SECONDS = 1

/**
 * A refusal as Slack itself would give it: HTTP 200 and `ok: false`, since Slack's SDK takes any other status for a fault and tries again
 * for half an hour. `error` is ours (`postern_policy_denied`), so that nobody looks for the reason in Slack's own settings.
 */
export function slackDenialAnswer(view: DenialView): DenialAnswer {
  const headers = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store']
  if (!PASSING.has(view.code)) return { status: 200, headers, body: JSON.stringify(bodyOf(view, `postern_${view.code}`)) }
  const retryAfter = String(view.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS)
  return { status: 429, headers: [...headers, 'Retry-After', retryAfter], body: JSON.stringify(bodyOf(view, 'ratelimited')) }
}

function bodyOf(view: DenialView, error: string): object {
  const { code, title, hint, layer, rule, decisionId: decision, link } = view
  return {
    ok: false,
    error,
    ...(view.missingScopes.length === 0 ? {} : { needed: view.missingScopes.join(',') }),
    postern: { code, title, hint, layer, rule, decision, link },
    // Slack's SDK writes these to its log.
    response_metadata: { messages: [`[ERROR] Postern: ${title}${hint === undefined ? '' : ` ${hint}`} (${decision})`] },
  }
}
