import type { Code, DenialCode, FaultCode } from './codes.ts'
import type { Decision, Layer, RuleReference } from './decision.ts'
import type { Principal } from './principal.ts'

/** A stage's refusal: returned, never thrown. Only `code`, `layer`, `rule` id, `hint` and the links are shown to the client. */
export interface Denial {
  readonly denial: DenialCode
  /** For log and audit only: what was seen. Never a secret, a header value or a body. */
  readonly detail: string
  readonly layer?: Layer
  readonly rule?: RuleReference
  /** One sentence for the client: what would be allowed, or what to do. Made of our own words and policy names only. */
  readonly hint?: string
  /** Scopes that consent or connection lack. */
  readonly missingScopes?: readonly string[]
  /** Where a person can consent, connect or approve. */
  readonly link?: string
  readonly retryAfterMs?: number
  /** The refusing decision, where one was made. */
  readonly decision?: Decision
  /** Who was identified all the same, where no exchange carries it: a CONNECT, a revoked agent. For the record alone. */
  readonly principal?: Principal
  /** The parsed body that was refused, where no exchange carries it: for the form of the answer alone (an id that it has to repeat). */
  readonly refusedBody?: unknown
}

/** Makes a denial; `extra` adds what the client may be told. */
export function deny(code: DenialCode, detail: string, extra: Omit<Denial, 'denial' | 'detail'> = {}): Denial {
  return { denial: code, detail, ...extra }
}

/** Tells a stage's refusal from its result. */
export function isDenial(value: object): value is Denial {
  // Read, not looked for with `in`: asked of ten kinds of values a request, it is the cheaper one.
  return (value as Partial<Denial>).denial !== undefined
}

/** Something broke, ours or the upstream's. `message` is for log and audit; the client sees the code's public text. */
export class Fault extends Error {
  readonly code: FaultCode

  constructor(code: FaultCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'Fault'
    this.code = code
  }
}

/** The code under which a thrown value is answered and audited; anything that is no Fault is ours: `internal_error`. */
export function codeOfThrown(thrown: unknown): Code {
  return thrown instanceof Fault ? thrown.code : 'internal_error'
}
