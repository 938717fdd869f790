import { errorFrom } from '../errors/error-from.ts'
import type { PosternError } from '../errors/postern-error.ts'
import { retryAfterOf } from '../errors/retry-after.ts'
import { textOf, textsOf, type JsonAnswer } from './json-answer.ts'

/** The error of an OAuth answer (RFC 6749 section 5.2) with what token exchange adds to it: `code`, layer, rule, links. */
export function oauthRefusal({ status, headers, body }: JsonAnswer, nowMs: number): PosternError {
  const code = textOf(body['code']) ?? textOf(body['error']) ?? codeOfStatus(status)
  const reason = textOf(body['error_description'])
  return errorFrom({
    code,
    message: `${reason ?? `The authority answers ${status}.`} (${code})`,
    reason,
    status,
    retryAfterMs: retryAfterOf(headers.get('retry-after'), nowMs),
    layer: textOf(body['layer']),
    rule: textOf(body['rule']),
    link: textOf(body['consent_url']) ?? textOf(body['connect_url']) ?? textOf(body['approval_url']),
    missingScopes: textsOf(body['missing_scopes']),
  })
}

/** For an answer that is not OAuth's: of a load balancer, or of an authority that is starting. */
function codeOfStatus(status: number): string {
  if (status === 429) return 'too_many_requests'
  return status >= 500 ? 'temporarily_unavailable' : 'answer_malformed'
}
