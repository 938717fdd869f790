import { basename, dirname } from 'node:path'
import type { Decision, RuleReference } from '../model/decision.ts'
import type { Targets } from '../model/operation.ts'
import type { Principal } from '../model/principal.ts'
import type { AuditEvent } from './event.ts'

/** Who: the fields that every event about a principal carries. */
export function principalFacts(principal: Principal | undefined): Pick<AuditEvent, 'agent' | 'user' | 'delegation' | 'session' | 'identified_by' | 'via'> {
  if (principal === undefined) return {}
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
export function decisionFacts(decision: Decision | undefined): Pick<AuditEvent, 'policy_evaluation' | 'rule' | 'rule_at' | 'policy_hash' | 'approval'> {
  if (decision === undefined) return {}
  const { org_policy, user_consent, agent_permissions } = decision.layers
  return {
    policy_evaluation: { org_policy: org_policy.effect, user_consent: user_consent.effect, agent_permissions: agent_permissions.effect },
    ...ruleFacts(decision.rule),
    policy_hash: decision.policyHash,
    approval: decision.approval,
  }
}

/** The rule and where its author finds it again. */
export function ruleFacts(rule: RuleReference | undefined): Pick<AuditEvent, 'rule' | 'rule_at'> {
  if (rule === undefined) return {}
  // Its folder and name: where the machine keeps them is nobody's business who reads the audit.
  return { rule: rule.id, rule_at: `${basename(dirname(rule.file))}/${basename(rule.file)}:${rule.line}` }
}

/** One target, or several joined by a comma; `?` where it could not be told; undefined where there is none. */
export function targetText(targets: Targets): string | undefined {
  switch (targets.kind) {
    case 'none':
      return undefined
    case 'named':
      return targets.names.join(',')
    case 'unresolved':
      return '?'
  }
}
