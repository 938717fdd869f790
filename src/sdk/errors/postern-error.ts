import type { ErrorCode } from './error-codes.ts'
import { printable } from './printable.ts'

/** By this, not by `instanceof`, is an error known to be Postern's: two copies of the package may be loaded. */
export const BRAND = Symbol.for('postern.sdk.error')

/** What a refusal told, in one form for whatever told it: the token endpoint, the proxy, or the way there. */
export interface Refusal {
  readonly code: ErrorCode
  /** For people; names no secret, header, body or query value. */
  readonly message: string
  /** The message without code and ids, where that is known apart. */
  readonly reason?: string | undefined
  /** HTTP status of the answer; undefined where there was none. */
  readonly status?: number | undefined
  /** `dec_…`: the audit record of the same decision has the whole reason. */
  readonly decision?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly layer?: string | undefined
  readonly rule?: string | undefined
  /** The one page that mends it: consent, connection or approval. */
  readonly link?: string | undefined
  readonly missingScopes?: readonly string[] | undefined
  readonly cause?: unknown
}

/** What every error of this package is: a code that never changes its meaning, and what to do about it. */
export class PosternError extends Error {
  readonly [BRAND] = true
  /** One of `docs/errors.md`, of OAuth, or of this package; another where the authority is newer than this package. */
  readonly code: ErrorCode
  /** HTTP status of the answer; undefined where there was none. */
  readonly status: number | undefined
  /** Where this class is described, in the package's own documentation. */
  readonly docs: string
  /** `dec_…`: the audit record of the same decision has the whole reason. */
  readonly decision: string | undefined
  /** After how many milliseconds it is worth to try again; undefined where waiting does not help or nobody knows. */
  readonly retryAfterMs: number | undefined

  constructor(refusal: Refusal) {
    super(printable(refusal.message), refusal.cause === undefined ? undefined : { cause: refusal.cause })
    this.name = new.target.name
    this.code = refusal.code
    this.status = refusal.status
    this.docs = `docs/sdk/reference.md#${new.target.name.toLowerCase()}`
    this.decision = refusal.decision
    this.retryAfterMs = refusal.retryAfterMs
  }
}
