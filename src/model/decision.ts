import type { ApprovalId } from './ids.ts'

export type Layer = 'org_policy' | 'user_consent' | 'agent_permissions'
export const LAYERS: readonly Layer[] = ['org_policy', 'user_consent', 'agent_permissions']

/** There is no zero value: a layer that was not evaluated is not a result. */
export type LayerEffect = 'allow' | 'deny' | 'ask' | 'not_applicable'

/** A rule as its author finds it again. */
export interface RuleReference {
  /** `pr-reviewer/review`, `org/production-is-read-only`: policy and rule id. */
  readonly id: string
  readonly file: string
  readonly line: number
}

export interface LayerResult {
  readonly effect: LayerEffect
  /** One sentence for the ops person who reads it: the rule's `because`, or what was missing. */
  readonly reason: string
  readonly rule: RuleReference | undefined
}

/** A rate limit that an allowing rule puts on the request; counted by the proxy, not by the evaluation. */
export interface RateLimit {
  /** Counts apart per agent and rule. */
  readonly key: string
  readonly requests: number
  readonly perMs: number
}

/** The outcome of evaluating the three layers for one request; pure, made from one snapshot. */
export interface Decision {
  readonly effect: 'allow' | 'deny' | 'ask'
  readonly layers: Readonly<Record<Layer, LayerResult>>
  /** The layer that refused or asks, or `agent_permissions` where all allow. */
  readonly decidedBy: Layer
  readonly rule: RuleReference | undefined
  /** The one alternative of the operation's scopes that all layers allow (or would, once approved); empty where refused or nothing is needed. */
  readonly scopes: readonly string[]
  /** Upper bound for the credential's life; undefined where no rule names one. */
  readonly expiresInMs: number | undefined
  readonly limits: readonly RateLimit[]
  /** Upper bound for the request's body; undefined where no rule names one. */
  readonly maxBodyBytes?: number | undefined
  /** `organisation` only where an org rule says so: the credential then needs no connection of the person's. */
  readonly authority: 'person' | 'organisation'
  /** Whether an org rule lets the upstream's own credential leave (`delivery: released`); else it is used through the proxy alone. */
  readonly release: boolean
  /** The approval by which an asking decision came to allow; its layers still say which of them asked. */
  readonly approval?: ApprovalId | undefined
  /** `sha256:…` of the loaded policy set. */
  readonly policyHash: string
}
