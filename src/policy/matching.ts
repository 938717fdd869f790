import type { EvaluationInput } from './snapshot.ts'
import { anyMatches, concerns, isInGroup, namesOperation, touchesScopes, uncoveredScopes, uncoveredTargets, type Rule } from './rule.ts'

/** Why a deny or ask rule matched; `certain` is false where it matched because something could not be told. */
export interface WideMatch {
  readonly rule: Rule
  readonly doubt: 'group' | 'target' | 'condition' | undefined
}

/** The first thing that kept an allow rule from matching. `steps` is how far it got: the rule with most is the nearest. */
export interface Shortfall {
  readonly rule: Rule
  readonly steps: number
  readonly lacks:
    | { readonly key: 'principal' | 'group_unknown' | 'operation' | 'route' | 'no_target' | 'condition' | 'condition_failed' }
    | { readonly key: 'unresolved_target', readonly why: string }
    | { readonly key: 'scopes' | 'targets', readonly names: readonly string[] }
}

/**
 * Whether a deny or ask rule matches: widely. Any scope or target in common suffices; a target that is not resolved,
 * groups that are not known and a condition that fails count as true. An operation without a target is not one whose target is unknown.
 */
export function matchWidely(rule: Rule, input: EvaluationInput): WideMatch | undefined {
  if (!concerns(rule, input.principal) || !namesOperation(rule, input.operation)) return undefined
  if (rule.routes !== undefined && !rule.routes.some((route) => route.matchesWidely(input.request))) return undefined
  if (!touchesScopes(rule, input.operation)) return undefined
  const target = touchesTargets(rule, input)
  if (target === false) return undefined
  // Asked about is not refused, and may be all that grants it.
  const condition = conditionResult(rule, input, rule.effect !== 'deny')
  if (condition === false) return undefined
  if (condition === 'failed') return { rule, doubt: 'condition' }
  if (target === 'unresolved') return { rule, doubt: 'target' }
  return { rule, doubt: knowsGroups(rule, input) ? undefined : 'group' }
}

/** Whether an ask rule covers the request as an allow rule would have to, so that an approval can stand for one. */
export function coversNarrowly(rule: Rule, input: EvaluationInput, alternative: readonly string[]): boolean {
  return knowsGroups(rule, input) && shortfallOf(rule, input, alternative) === undefined
}

/** @param favourable what a condition on a body that is yet to come has to be for the rule to let it through */
function conditionResult({ condition }: Rule, input: EvaluationInput, favourable: boolean): boolean | 'failed' {
  if (condition === undefined) return true
  return condition.usesBody && input.bodyToCome === true ? favourable : condition.evaluate(input)
}

function knowsGroups(rule: Rule, { principal }: EvaluationInput): boolean {
  return rule.groups === undefined || isInGroup(rule.groups, principal) !== 'unknown'
}

function touchesTargets(rule: Rule, { operation: { targets } }: EvaluationInput): boolean | 'unresolved' {
  const globs = rule.targets
  if (globs === undefined) return true
  switch (targets.kind) {
    case 'none': return false
    case 'unresolved': return 'unresolved'
    case 'named': return targets.names.some((name) => anyMatches(globs, rule.vocabulary.canonicalTarget(name)))
  }
}

/**
 * Whether an allow rule matches: narrowly. This one rule covers every scope of the alternative and every target; what is
 * not resolved or fails counts as false. Rules do not add up: two that each cover a part allow nothing together, since
 * their parts would also combine to what neither author meant.
 * @returns undefined where it matches, else what it lacks first
 */
export function shortfallOf(rule: Rule, input: EvaluationInput, alternative: readonly string[]): Shortfall | undefined {
  if (!concerns(rule, input.principal)) return { rule, steps: 0, lacks: { key: knowsGroups(rule, input) ? 'principal' : 'group_unknown' } }
  if (!namesOperation(rule, input.operation)) return { rule, steps: 1, lacks: { key: 'operation' } }
  if (rule.routes !== undefined && !rule.routes.some((route) => route.matchesNarrowly(input.request))) {
    return { rule, steps: 2, lacks: { key: 'route' } }
  }
  const scopes = uncoveredScopes(rule, alternative)
  if (scopes.length > 0) return { rule, steps: 3, lacks: { key: 'scopes', names: scopes } }
  const target = targetShortfall(rule, input)
  if (target !== undefined) return { rule, steps: 4, lacks: target }
  const condition = conditionResult(rule, input, true)
  if (condition === true) return undefined
  return { rule, steps: 5, lacks: { key: condition === 'failed' ? 'condition_failed' : 'condition' } }
}

function targetShortfall(rule: Rule, { operation: { targets } }: EvaluationInput): Shortfall['lacks'] | undefined {
  if (rule.targets === undefined) return undefined
  switch (targets.kind) {
    case 'none': return { key: 'no_target' }
    case 'unresolved': return { key: 'unresolved_target', why: targets.reason }
    case 'named': {
      const names = uncoveredTargets(rule, targets.names)
      return names.length === 0 ? undefined : { key: 'targets', names }
    }
  }
}
