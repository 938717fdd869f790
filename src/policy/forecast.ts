import type { RuleReference } from '../model/decision.ts'
import type { AgentId, PersonId } from '../model/ids.ts'
import type { Access } from '../model/operation.ts'
import type { ConsentDetail } from '../model/principal.ts'

/** Who would act for whom. */
export interface ForecastParty {
  readonly agent: AgentId
  readonly person: PersonId
  readonly groups: readonly string[]
}

export interface PreviewQuestion extends ForecastParty {
  readonly integration: string
  /** In the upstream's words, or an alias. */
  readonly scope: string
  /** Target globs as a person would approve them. */
  readonly targets: readonly string[]
}

/** What the organisation's policy and the agent's permissions would make of requests that use one scope. */
export interface Preview {
  /** `deny`: certainly all of them are refused. `ask`: each of those that are not waits for an approval. `allow`: some could pass. */
  readonly effect: 'allow' | 'ask' | 'deny'
  /** The layer that refuses or asks. */
  readonly layer: 'org_policy' | 'agent_permissions' | undefined
  /** One sentence for the person who is asked to approve. */
  readonly reason: string
  readonly rule: RuleReference | undefined
}

/** What an agent is never allowed, whatever the person approves. */
export interface CannotDo {
  /** Canonical, in the order of the catalogue. */
  readonly scopes: readonly string[]
  /** Levels of access that the integration has operations of. */
  readonly access: readonly Access[]
}

/** What can be told of decisions before there is a request. Pure; not for the path of requests. */
export interface PolicyForecast {
  /** Never `deny` for a scope and target of a request that could be allowed. */
  preview(question: PreviewQuestion): Preview
  /** Whether org policy lends the organisation's authority to requests that use this scope on these targets: all of those that could be allowed. */
  lends(question: PreviewQuestion): boolean
  cannotDo(party: ForecastParty, integration: string): CannotDo
  /** Whether some org rule lets this agent act without a person at all. */
  actsForItself(agent: AgentId): boolean
  /** Whether some org rule lends the organisation's authority at this integration, be it for some operations or targets only. */
  lendsOrganisation(party: ForecastParty, integration: string): boolean
  /** How long rules let all of this access be delegated (`delegation_expires_in`); undefined where they bound no part of it. */
  delegationBound(party: ForecastParty, access: readonly ConsentDetail[]): number | undefined
}
