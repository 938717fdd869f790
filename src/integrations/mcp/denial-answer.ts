import { problemAnswer } from '../../http/problem.ts'
import { CODES, type Code } from '../../model/codes.ts'
import type { DenialAnswer, DenialView } from '../integration.ts'
import { answeredId } from './message.ts'

/** JSON-RPC 2.0 section 5.1, MCP 2025-11-25 (URL elicitation), MCP 2026-07-28 (header mismatch). */
const INVALID_REQUEST = -32_600
const METHOD_NOT_FOUND = -32_601
const INTERNAL_ERROR = -32_603
const HEADER_MISMATCH = -32_020
const URL_ELICITATION_REQUIRED = -32_042
/** Ours. MCP wants what it does not define itself outside of the range that JSON-RPC reserves. */
const REFUSED = -31_403

const NUMBERS: Partial<Record<Code, number>> = {
  body_refused: INVALID_REQUEST,
  body_too_large: INVALID_REQUEST,
  operation_unknown: METHOD_NOT_FOUND,
  request_ambiguous: HEADER_MISMATCH,
}

/** Statuses that clients of this transport act upon: to authenticate, and to begin a new session. */
const KEPT: ReadonlySet<Code> = new Set<Code>(['upstream_session_unknown'])

/**
 * A refusal as an MCP client shows it: a JSON-RPC error with the request's id and HTTP 200, since clients take other statuses for a broken
 * transport and hide what stands in them. Where a person can mend it, the error is the one that has clients open a link.
 */
export function mcpDenialAnswer(view: DenialView, body: unknown): DenialAnswer {
  if (view.status === 401) return problemAnswer(view, 'origin')
  const id = answeredId(body)
  const retry = view.retryAfterSeconds === undefined ? [] : ['Retry-After', String(view.retryAfterSeconds)]
  return {
    status: id === null || KEPT.has(view.code) ? view.status : 200,
    headers: ['Content-Type', 'application/json', 'Cache-Control', 'no-store', ...retry],
    body: JSON.stringify({ jsonrpc: '2.0', id, error: errorOf(view) }),
  }
}

function errorOf(view: DenialView): object {
  const { code, title, hint, link, decisionId } = view
  const message = `${title}${hint === undefined ? '' : ` ${hint}`} (${code}, ${decisionId})`
  if (link === undefined) return { code: NUMBERS[code] ?? (CODES[code].kind === 'fault' ? INTERNAL_ERROR : REFUSED), message, data: { postern: factsOf(view) } }
  const elicitations = [{ mode: 'url', elicitationId: decisionId, url: link, message: hint ?? title }]
  return { code: URL_ELICITATION_REQUIRED, message, data: { elicitations, postern: factsOf(view) } }
}

/** Under the name that all our shapes have for it, by which our clients tell it from an upstream's own error. */
function factsOf({ code, title, layer, rule, decisionId, link, hint, missingScopes, retryAfterSeconds }: DenialView): object {
  return {
    code, title, layer, rule, decision: decisionId, hint, link,
    ...(missingScopes.length === 0 ? {} : { missing_scopes: missingScopes }),
    ...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }),
  }
}
