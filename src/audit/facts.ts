import { basename, dirname } from 'node:path'
import type { Decision, RuleReference } from '../model/decision.ts'
import type { Targets } from '../model/operation.ts'
import type { Principal } from '../model/principal.ts'
import type { AuditEvent } from './event.ts'

type Who = Pick<AuditEvent, 'agent' | 'user' | 'delegation' | 'session' | 'identified_by' | 'via'>
type Why = Pick<AuditEvent, 'policy_evaluation' | 'rule' | 'rule_at' | 'policy_hash' | 'approval'>
type Where = Pick<AuditEvent, 'rule' | 'rule_at'>

const NOBODY: Who = {}
const UNDECIDED: Why = {}
const NO_RULE: Where = {}

/** Principals, decisions and rules live for many requests: what is told of each is made once. */
const whoOf = new WeakMap<Principal, Who>()
const whyOf = new WeakMap<Decision, Why>()
const whereOf = new WeakMap<RuleReference, Where>()

/** Who: the fields that every event about a principal carries. */
export function principalFacts(principal: Principal | undefined): Who {
  if (principal === undefined) return NOBODY
  return whoOf.get(principal) ?? remember(whoOf, principal, whoFacts(principal))
}

function whoFacts(principal: Principal): Who {
  const { delegation } = principal
  return {
    agent: { id: principal.agent, name: principal.agentName },
    user: delegation === undefined ? undefined : { id: delegation.person, name: delegation.personName },
    delegation: delegation?.id,
    session: delegation?.session,
    identified_by: principal.identifiedBy,
    via: principal.via,
  }
}

/** Why: what each layer said, the rule with its place, and under which policies. */
export function decisionFacts(decision: Decision | undefined): Why {
  if (decision === undefined) return UNDECIDED
  return whyOf.get(decision) ?? remember(whyOf, decision, whyFacts(decision))
}

function whyFacts(decision: Decision): Why {
  const { org_policy, user_consent, agent_permissions } = decision.layers
  return {
    policy_evaluation: { org_policy: org_policy.effect, user_consent: user_consent.effect, agent_permissions: agent_permissions.effect },
    ...ruleFacts(decision.rule),
    policy_hash: decision.policyHash,
    approval: decision.approval,
  }
}

/** The rule and where its author finds it again. */
export function ruleFacts(rule: RuleReference | undefined): Where {
  if (rule === undefined) return NO_RULE
  // Its folder and name: where the machine keeps them is nobody's business who reads the audit.
  return whereOf.get(rule) ?? remember(whereOf, rule, { rule: rule.id, rule_at: `${basename(dirname(rule.file))}/${basename(rule.file)}:${rule.line}` })
}

function remember<K extends object, V>(memory: WeakMap<K, V>, key: K, facts: V): V {
  memory.set(key, facts)
  return facts
}

/** One target, or several joined by a comma; `?` where it could not be told; undefined where there is none. */
export function targetText(targets: Targets): string | undefined {
  switch (targets.kind) {
    case 'none':
      return undefined
    case 'named':
      return targets.names.length === 1 ? targets.names[0] : targets.names.join(',')
    case 'unresolved':
      return '?'
  }
}
