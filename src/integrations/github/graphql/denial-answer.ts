import type { CanonicalRequest } from '../../../http/request.ts'
import { CODES } from '../../../model/codes.ts'
import type { DenialAnswer, DenialView } from '../../integration.ts'
import { denialMessage } from '../denial-answer.ts'

/** What GitHub says where a caller may not do something. `RATE_LIMITED`, on which Octokit's throttling waits, is never said. */
const FORBIDDEN = 'FORBIDDEN'
/** By whichever door, be it read or not: in reverse mode without the prefix. */
const GRAPHQL_PATH = /^(?:\/api)?\/graphql$/

/**
 * A refusal as a GraphQL answer: HTTP 200 with `errors`, which Octokit and `gh` throw at once, without another try.
 * @returns undefined for other requests, and for what GitHub itself answers with a status: no good token, a limit, something that is broken
 */
export function denialForGraphql(view: DenialView, { method, path }: Pick<CanonicalRequest, 'method' | 'path'>): DenialAnswer | undefined {
  if (method !== 'POST' || !GRAPHQL_PATH.test(path)) return undefined
  if (view.status === 401 || view.retryAfterSeconds !== undefined || CODES[view.code].kind === 'fault') return undefined
  return {
    status: 200,
    headers: ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store'],
    body: JSON.stringify({ data: null, errors: [{ type: FORBIDDEN, message: denialMessage(view), extensions: { code: view.code, postern: factsOf(view) } }] }),
  }
}

/** Under the name that all our shapes have for it, by which our clients tell it from GitHub's own errors. */
function factsOf({ code, title, layer, rule, decisionId, hint, missingScopes, link }: DenialView): object {
  return { code, title, layer, rule, decision: decisionId, hint, link, ...(missingScopes.length === 0 ? {} : { missing_scopes: missingScopes }) }
}
