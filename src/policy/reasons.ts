import type { EvaluationInput } from './snapshot.ts'
import type { Shortfall, WideMatch } from './matching.ts'
import type { Rule } from './rule.ts'

const MAX_NAMES = 5
const GROUPS_UNKNOWN = 'the person\'s groups are not known, since the token is of an outside issuer'

/** Why a deny or ask rule decided: its author's words, and what could not be told, if it matched for that. */
export function wideReason({ rule, doubt }: WideMatch, input: EvaluationInput): string {
  const { id } = rule.reference
  const said = rule.because ?? `Rule ${id} ${rule.effect === 'deny' ? 'denies' : 'wants an approval for'} ${operationName(input)}.`
  if (doubt === undefined) return said
  const why = doubtText(doubt, input)
  return `${said} (Rule ${id} counts as matching: ${why}.)`
}

function doubtText(doubt: 'group' | 'target' | 'condition', input: EvaluationInput): string {
  switch (doubt) {
    case 'group': return GROUPS_UNKNOWN
    case 'target': return unresolvedText(input)
    case 'condition': return 'its condition could not be evaluated on this request'
  }
}

/** Why an allow rule decided. */
export function allowReason(rule: Rule): string {
  return rule.because ?? `Rule ${rule.reference.id} allows it.`
}

/** Why no allow rule matched: what the nearest one lacks, and so what to change. */
export function shortfallReason(nearest: Shortfall | undefined, layer: string, input: EvaluationInput): string {
  if (nearest === undefined) return `${layer} has no allow rule for ${input.operation.integration}; ${operationName(input)} needs one.`
  return `No allow rule of ${layer} covers ${operationName(input)}${targetText(input)}: the nearest, ${nearest.rule.reference.id}, ${lackText(nearest, input)}.`
}

function lackText({ lacks, rule }: Shortfall, input: EvaluationInput): string {
  switch (lacks.key) {
    case 'principal': return rule.groups === undefined ? 'is for another agent or person' : 'is for another agent, person or group'
    case 'group_unknown': return `names groups, and ${GROUPS_UNKNOWN}`
    case 'operation': return namesAccess(rule, input) ? 'names other operations' : `does not allow ${input.operation.access} access`
    case 'route': return 'names another route'
    case 'scopes': return `does not cover the scope ${listed(lacks.names)}`
    case 'targets': return `does not cover the target ${listed(lacks.names)}`
    case 'no_target': return 'names targets, and the operation has none (leave out `target` to allow it)'
    case 'unresolved_target': return `names targets, and ${unresolvedText(input)}`
    case 'condition': return 'has a condition that is false for this request'
    case 'condition_failed': return 'has a condition that could not be evaluated on this request'
  }
}

function namesAccess(rule: Rule, input: EvaluationInput): boolean {
  return rule.access === undefined || rule.access.has(input.operation.access)
}

export function operationName({ operation }: EvaluationInput): string {
  return `\`${operation.name.slice(0, 200)}\` of ${operation.integration}`
}

function targetText({ operation: { targets } }: EvaluationInput): string {
  return targets.kind === 'named' && targets.names.length > 0 ? ` on ${listed(targets.names)}` : ''
}

function unresolvedText({ operation: { targets } }: EvaluationInput): string {
  return targets.kind === 'unresolved' ? `the target could not be told (${targets.reason.slice(0, 160)})` : 'the target could not be told'
}

/** Names with commas between, bounded in number and length. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => name.slice(0, 120)).join(', ')
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown
}
