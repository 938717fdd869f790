import type { LayerResult } from '../model/decision.ts'
import { coversNarrowly, matchWidely, shortfallOf, type Shortfall, type WideMatch } from './matching.ts'
import { allowReason, shortfallReason, wideReason } from './reasons.ts'
import type { Rule, RuleSet } from './rule.ts'
import type { EvaluationInput } from './snapshot.ts'

/** What one written layer (organisation or agent) says, with the rules whose bounds then hold. */
export interface LayerOutcome {
  readonly result: LayerResult
  /** Every allow rule that matches (and the ask rule that decided): the bounds of all of them hold. */
  readonly bounding: readonly Rule[]
}

/** One written layer, prepared for one request: deny and ask do not depend on the alternative and are judged once. */
export interface LayerView {
  readonly name: string
  readonly rules: RuleSet
  readonly fallback: 'allow' | 'deny'
  readonly wide: WideMatch | undefined
}

/** Judges the deny and ask rules of a layer. */
export function viewLayer(name: string, rules: RuleSet, fallback: 'allow' | 'deny', input: EvaluationInput): LayerView {
  return { name, rules, fallback, wide: firstWide(rules.deny, input) ?? firstWide(rules.ask, input) }
}

function firstWide(rules: readonly Rule[], input: EvaluationInput): WideMatch | undefined {
  let doubtful: WideMatch | undefined
  for (const rule of rules) {
    const match = matchWidely(rule, input)
    if (match !== undefined && match.doubt === undefined) return match
    doubtful ??= match
  }
  return doubtful
}

/** Deny beats ask beats allow beats the default. */
export function judgeLayer(view: LayerView, input: EvaluationInput, alternative: readonly string[]): LayerOutcome {
  if (view.wide?.rule.effect === 'deny') return { result: wideResult(view.wide, 'deny', input), bounding: [] }
  const { matching, nearest } = judgeAllows(view.rules.allow, input, alternative)
  const grantable = matching.length > 0 || view.fallback === 'allow' || view.rules.ask.some((rule) => coversNarrowly(rule, input, alternative))
  // An approval stands for an allow rule, and no more: what nothing covers whole, nobody is asked about.
  if (view.wide !== undefined && grantable) return { result: wideResult(view.wide, 'ask', input), bounding: [...matching, view.wide.rule] }
  const [first] = matching
  if (first !== undefined) {
    return { result: { effect: 'allow', reason: allowReason(first), rule: first.reference }, bounding: matching }
  }
  const reason = view.fallback === 'allow' ? `No rule of ${view.name} denies it, and its default is allow.` : shortfallReason(nearest, view.name, input)
  return { result: { effect: view.fallback, reason, rule: undefined }, bounding: [] }
}

function wideResult(match: WideMatch, effect: 'deny' | 'ask', input: EvaluationInput): LayerResult {
  return { effect, reason: wideReason(match, input), rule: match.rule.reference }
}

function judgeAllows(rules: readonly Rule[], input: EvaluationInput, alternative: readonly string[]) {
  const matching: Rule[] = []
  let nearest: Shortfall | undefined
  for (const rule of rules) {
    const shortfall = shortfallOf(rule, input, alternative)
    if (shortfall === undefined) matching.push(rule)
    else if (nearest === undefined || shortfall.steps > nearest.steps) nearest = shortfall
  }
  return { matching, nearest }
}
