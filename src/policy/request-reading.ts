import type { InspectedBody } from '../http/body.ts'
import type { CanonicalRequest } from '../http/request.ts'
import type { Integration, Match } from '../integrations/integration.ts'
import type { Denial } from '../model/denial.ts'
import type { Operation } from '../model/operation.ts'

/** Whose the request is, and what it is there as far as it can be told without its body. */
export interface ServedRequest {
  readonly integration: Integration
  readonly match: Match
}

/** `strict`: somebody judges its content. `names`: only the names of its fields are looked through, for what a client must not send. */
export type BodyNeed = 'none' | 'names' | 'strict'

/** What a request is, and with which body that was judged. */
export interface ReadRequest {
  readonly operation: Operation
  /** Undefined where nobody looked at it. */
  readonly body: InspectedBody | undefined
}

/** Finds what a request is: the very steps that the proxy takes. A port; the integrations are it. Pure. */
export interface RequestReading {
  /** @param declared what rules say of a request of this integration that no catalogue entry matches */
  find(request: CanonicalRequest, declared: (integration: string) => Operation | undefined): ServedRequest | Denial
  /** @param rulesLook whether some rule's condition could look at the body */
  bodyNeed(served: ServedRequest, request: CanonicalRequest, rulesLook: () => boolean): BodyNeed
  /** @param bytes the whole body */
  inspect(served: ServedRequest, request: CanonicalRequest, need: Exclude<BodyNeed, 'none'>, bytes: Buffer): ReadRequest | Denial
}
