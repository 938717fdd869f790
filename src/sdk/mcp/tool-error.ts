import type { PosternError } from '../errors/postern-error.ts'
import {
  ApprovalRequiredError, ConnectionRequiredError, ConsentRequiredError, PolicyDeniedError, RateLimitedError, UnavailableError,
} from '../errors/refusals.ts'
import type { ToolError } from './tool-result.ts'

/** What of an error of `require()` a client may know: its code, its public words, and the link that mends it. Pure. */
export function toolErrorOf(error: PosternError, authorityUrl: string): ToolError {
  const link = linkOf(error, authorityUrl)
  const judged = error instanceof PolicyDeniedError || error instanceof ApprovalRequiredError ? error : undefined
  return {
    code: error.code,
    message: error.message,
    retryable: error instanceof UnavailableError || error instanceof RateLimitedError,
    ...defined({
      retryAfterMs: error.retryAfterMs, layer: judged?.layer, rule: judged?.rule, decision: error.decision, link,
      missingScopes: error instanceof ConsentRequiredError && error.missingScopes.length > 0 ? error.missingScopes : undefined,
    }),
  }
}

/**
 * The authority's page where a person can mend it; undefined where no person can. What a tool throws may be an upstream's answer in the form of
 * ours, with a link of its own. Pure.
 */
export function linkOf(error: PosternError, authorityUrl: string): string | undefined {
  const link = toldLink(error)
  return link !== undefined && URL.parse(link)?.origin === URL.parse(authorityUrl)?.origin ? link : undefined
}

function toldLink(error: PosternError): string | undefined {
  if (error instanceof ConsentRequiredError) return error.consentUrl
  if (error instanceof ConnectionRequiredError) return error.connectUrl
  return error instanceof ApprovalRequiredError ? error.approvalUrl : undefined
}

function defined<T extends Readonly<Record<string, unknown>>>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> }
}
