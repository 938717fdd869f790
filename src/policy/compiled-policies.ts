import type { RuleSet } from './rule.ts'

/** The compiled rules of all policy files, by layer, agent and integration. */
export interface CompiledPolicies {
  /** `sha256:…` over the files' names and bytes. */
  readonly hash: string
  readonly org: { readonly default: 'allow' | 'deny', readonly rules: ReadonlyMap<string, RuleSet> }
  /** By agent id, then by integration; an agent without a policy document is not in it. */
  readonly agents: ReadonlyMap<string, ReadonlyMap<string, RuleSet>>
}
