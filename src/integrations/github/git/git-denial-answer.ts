import type { DenialAnswer, DenialView } from '../../integration.ts'

const UNAUTHENTICATED = 401
const FORBIDDEN = 403
const CHALLENGE = 'Basic realm="postern", charset="UTF-8"'
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g

/**
 * A refusal in the form that git shows: it prints a text/plain answer line by line, as `remote: …`, and nothing of any other type.
 * Without a token git asks in the challenge's way, and sends no credential before: so it gets 401 where it talks to us. Inside a tunnel its
 * identity is the CONNECT's, and a 401 would only have it ask a person for a password that nobody has.
 * @param challenged whether Postern itself is the origin that git sends its credentials to
 */
export function gitDenialAnswer(view: DenialView, challenged: boolean): DenialAnswer {
  const unauthenticated = view.status === UNAUTHENTICATED
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store']
  if (unauthenticated && challenged) headers.push('WWW-Authenticate', CHALLENGE)
  if (view.retryAfterSeconds !== undefined) headers.push('Retry-After', String(view.retryAfterSeconds))
  return { status: unauthenticated && !challenged ? FORBIDDEN : view.status, headers, body: text(view) }
}

function text(view: DenialView): string {
  const lines = [`Postern: ${view.title}`]
  if (view.hint !== undefined) lines.push(view.hint)
  if (view.missingScopes.length > 0) lines.push(`Missing: ${view.missingScopes.join(', ')}`)
  if (view.link !== undefined) lines.push(`A person can mend this at ${view.link}`)
  const by = view.rule === undefined ? view.code : `${view.code} by ${view.rule}`
  lines.push(`(${by}, ${view.decisionId})`)
  // It goes to a terminal: what a rule's author wrote must not steer it.
  return `${lines.map((line) => line.replace(CONTROL, ' ')).join('\n')}\n`
}
