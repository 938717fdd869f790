import type { InspectedBody } from '../http/body.ts'
import type { CanonicalRequest } from '../http/request.ts'
import type { Decision } from '../model/decision.ts'
import type { Operation } from '../model/operation.ts'
import type { Principal } from '../model/principal.ts'

/** Everything a decision is made of. */
export interface EvaluationInput {
  readonly principal: Principal
  readonly operation: Operation
  readonly request: CanonicalRequest
  /** Undefined where nothing looked at the body; a condition that then does, fails (true for deny and ask, false for allow). */
  readonly body: InspectedBody | undefined
  /** Asks whether some body would not be denied: a condition on it then counts in the caller's favour. Never for a request that is at hand. */
  readonly bodyToCome?: true
  /** Wall clock. */
  readonly nowMs: number
}

/** One loaded, compiled set of policies: immutable, swapped whole, taken once for each request. */
export interface PolicySnapshot {
  /** `sha256:…` over the files' names and bytes. */
  readonly hash: string
  /** Whether any rule that could apply to this agent and operation has a condition on the body. */
  needsBody(principal: Principal, operation: Operation): boolean
  /** The operation that a rule's own `route` and `scopes` declare for a request that no catalogue entry matches. */
  declaredOperation(principal: Principal, integration: string, request: CanonicalRequest): Operation | undefined
  /** Pure. Never throws; what fails inside counts as true for deny and ask, false for allow. */
  evaluate(input: EvaluationInput): Decision
}
