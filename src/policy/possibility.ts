import type { Access } from '../model/operation.ts'
import type { Principal } from '../model/principal.ts'
import { globCovers } from './glob-cover.ts'
import { globsOverlap } from './glob-overlap.ts'
import { anyMatches, concerns, touchesScopes, uncoveredScopes, type Rule, type RuleSet } from './rule.ts'
import type { PolicyVocabulary } from './vocabulary.ts'

/** Requests that use one alternative of an operation's scopes. */
export interface Candidate {
  /** Undefined where the integration's operations are not known: any. */
  readonly operation: { readonly name: string; readonly access: Access } | undefined
  readonly alternatives: readonly (readonly string[])[]
  readonly alternative: readonly string[]
}

/** What one layer makes of a candidate's requests on the targets of one glob. */
export interface LayerForecast {
  readonly effect: 'allow' | 'ask' | 'deny'
  /** The rule that certainly refuses or asks. */
  readonly rule: Rule | undefined
}

/**
 * The requests that use a scope: of the catalogue's operations those that need just it; where none does, those that it covers; else any.
 * Operations that allow rules declare by their `route` count as well.
 */
export function candidatesFor(scope: string, vocabulary: PolicyVocabulary, layers: readonly RuleSet[]): readonly Candidate[] {
  const all = allCandidates(vocabulary, layers)
  const exact = all.filter(({ alternative }) => alternative.includes(scope))
  if (exact.length > 0) return exact
  const covered = all.filter(({ alternative }) => alternative.some((needed) => vocabulary.covers(scope, needed)))
  return covered.length > 0 ? covered : [{ operation: undefined, alternatives: [[scope]], alternative: [scope] }]
}

/** Every alternative of every operation, with those that rules declare. */
export function allCandidates(vocabulary: PolicyVocabulary, layers: readonly RuleSet[]): readonly Candidate[] {
  const known = [...vocabulary.operations()].flatMap(({ name, access, alternatives }) =>
    alternatives.map((alternative): Candidate => ({ operation: { name, access }, alternatives, alternative })))
  return [...known, ...layers.flatMap(({ allow }) => allow.flatMap(declaredCandidates))]
}

function declaredCandidates({ routes, scopes, access }: Rule): readonly Candidate[] {
  if (routes === undefined || scopes === undefined) return []
  const [only, another] = access ?? []
  const level = only === undefined || another !== undefined ? 'write' : only
  return routes.map(({ text }) => ({ operation: { name: text, access: level }, alternatives: [scopes], alternative: scopes }))
}

/** Deny before ask before allow, each only where it is certain for all requests; an allow rule that could match is enough. */
export function forecastLayer(
  rules: RuleSet, fallback: 'allow' | 'deny', principal: Principal, candidate: Candidate, target: string,
): LayerForecast {
  const certain = (rule: Rule) => isCertain(rule, principal, candidate, target)
  const denying = rules.deny.find(certain)
  if (denying !== undefined) return { effect: 'deny', rule: denying }
  const asking = rules.ask.find(certain)
  if (asking !== undefined) return { effect: 'ask', rule: asking }
  if (fallback === 'allow' || rules.allow.some((rule) => isPossible(rule, principal, candidate, target))) return { effect: 'allow', rule: undefined }
  // An ask rule that only could match still leaves a way through an approval.
  const mayAsk = rules.ask.find((rule) => isConceivable(rule, principal, candidate, target))
  return mayAsk === undefined ? { effect: 'deny', rule: undefined } : { effect: 'ask', rule: mayAsk }
}

/** Whether the rule matches every such request; deny and ask match widely, an allow rule needs the whole alternative. */
export function isCertain(rule: Rule, principal: Principal, candidate: Candidate, target: string): boolean {
  if (rule.condition !== undefined || rule.routes !== undefined || !concerns(rule, principal)) return false
  if (!namesCertainly(rule, candidate) || !fitsScopes(rule, candidate)) return false
  if (rule.targetTexts === undefined) return true
  // `**` is also approved for operations without a target, which no rule with `target` matches.
  return target !== '**' && rule.targetTexts.some((text) => globCovers(text, rule.vocabulary.canonicalTarget(target)))
}

/** Whether an allow rule matches some such request. */
export function isPossible(rule: Rule, principal: Principal, candidate: Candidate, target: string): boolean {
  return isConceivable(rule, principal, candidate, target) && uncoveredScopes(rule, candidate.alternative).length === 0
}

function isConceivable(rule: Rule, principal: Principal, candidate: Candidate, target: string): boolean {
  if (!concerns(rule, principal) || !fitsScopes(rule, candidate)) return false
  if (candidate.operation !== undefined && !namesCertainly(rule, candidate)) return false
  if (rule.targetTexts === undefined || target === '**') return true
  const canonical = rule.vocabulary.canonicalTarget(target)
  return rule.targetTexts.some((text) => globsOverlap(text, canonical))
}

function namesCertainly({ access, operations }: Rule, { operation }: Candidate): boolean {
  if (operation === undefined) return access === undefined && operations === undefined
  return (access === undefined || access.has(operation.access)) && (operations === undefined || anyMatches(operations, operation.name))
}

function fitsScopes(rule: Rule, candidate: Candidate): boolean {
  return rule.effect === 'allow' ? uncoveredScopes(rule, candidate.alternative).length === 0 : touchesScopes(rule, candidate)
}
