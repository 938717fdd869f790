import type { RuleReference } from '../model/decision.ts'
import type { Access, Operation } from '../model/operation.ts'
import type { Principal } from '../model/principal.ts'
import type { Condition } from './conditions.ts'
import type { Glob } from './globs.ts'
import type { Route } from './routes.ts'
import type { PolicyVocabulary } from './vocabulary.ts'

export type RuleEffect = 'allow' | 'deny' | 'ask'

/** One rule, compiled for one integration. An undefined key is a key that the author left out: it excludes nothing. */
export interface Rule {
  readonly effect: RuleEffect
  readonly reference: RuleReference
  readonly because: string | undefined
  readonly vocabulary: PolicyVocabulary
  readonly agents: readonly Glob[] | undefined
  readonly persons: readonly Glob[] | undefined
  /** Any of the person's groups. */
  readonly groups: readonly Glob[] | undefined
  readonly withoutPerson: boolean | undefined
  readonly access: ReadonlySet<Access> | undefined
  readonly operations: readonly Glob[] | undefined
  readonly routes: readonly Route[] | undefined
  /** Canonical. */
  readonly scopes: readonly string[] | undefined
  /** Match canonical targets. */
  readonly targets: readonly Glob[] | undefined
  /** The same as canonical texts, for comparing globs with globs. */
  readonly targetTexts: readonly string[] | undefined
  readonly condition: Condition | undefined
  /** Upper bound for a credential's life. */
  readonly expiresInMs: number | undefined
  /** Upper bound for what a person can approve. */
  readonly delegationExpiresInMs: number | undefined
  readonly rate: Rate | undefined
  /** Upper bound for the body of a request. */
  readonly maxBodyBytes: number | undefined
  readonly lendsAuthority: boolean
  readonly releases: boolean
}

export interface Rate {
  readonly requests: number
  readonly perMs: number
}

/** The rules of one layer that name (or could mean) one integration, in the order of files and documents. */
export interface RuleSet {
  readonly deny: readonly Rule[]
  readonly ask: readonly Rule[]
  readonly allow: readonly Rule[]
  /** Those of them whose condition looks at the body. */
  readonly lookAtBody: readonly Rule[]
  /** No rule looks at anything but who, for whom, the operation and its targets: the same of these is decided in the same way. */
  readonly plain: boolean
}

export const NO_RULES: RuleSet = { deny: [], ask: [], allow: [], lookAtBody: [], plain: true }

/** Sorts rules by effect, keeping their order. */
export function ruleSetOf(rules: readonly Rule[]): RuleSet {
  const withEffect = (effect: RuleEffect) => rules.filter((rule) => rule.effect === effect)
  return {
    deny: withEffect('deny'), ask: withEffect('ask'), allow: withEffect('allow'),
    lookAtBody: rules.filter((rule) => rule.condition?.usesBody === true),
    plain: rules.every((rule) => rule.condition === undefined && rule.routes === undefined),
  }
}

/** Whether the rule speaks of this agent and person at all; exact for every effect, but for groups that are not known. */
export function concerns(rule: Rule, principal: Principal): boolean {
  const person = principal.delegation?.person
  if (rule.withoutPerson !== undefined && rule.withoutPerson !== (person === undefined)) return false
  if (rule.persons !== undefined && (person === undefined || !anyMatches(rule.persons, person))) return false
  if (rule.agents !== undefined && !anyMatches(rule.agents, principal.agent)) return false
  if (rule.groups === undefined) return true
  const inGroup = isInGroup(rule.groups, principal)
  return inGroup === 'unknown' ? rule.effect !== 'allow' : inGroup
}

/** `unknown` for a person whose token is of an outside issuer: nobody told us their groups. An agent for itself is in none. */
export function isInGroup(groups: readonly Glob[], { delegation }: Principal): boolean | 'unknown' {
  if (delegation === undefined) return false
  return delegation.standing === undefined ? 'unknown' : delegation.standing.groups.some((group) => anyMatches(groups, group))
}

/** Whether the rule speaks of operations of this name and access; an allow rule of this name alone, any other of what does the same, too. */
export function namesOperation(rule: Rule, { name, access, counterparts }: Pick<Operation, 'name' | 'access' | 'counterparts'>): boolean {
  if (rule.access !== undefined && !rule.access.has(access)) return false
  const { operations } = rule
  if (operations === undefined || anyMatches(operations, name)) return true
  return rule.effect !== 'allow' && counterparts?.some((other) => anyMatches(operations, other)) === true
}

/** The needed scopes that an allow rule does not cover; holding write covers read where the vocabulary says so. */
export function uncoveredScopes(rule: Rule, needed: readonly string[]): readonly string[] {
  const { scopes, vocabulary } = rule
  if (scopes === undefined) return []
  return needed.filter((scope) => !scopes.some((granted) => vocabulary.covers(granted, scope)))
}

/** Whether any alternative needs a scope that a deny or ask rule names, or one that includes it. */
export function touchesScopes(rule: Rule, operation: Pick<Operation, 'alternatives'>): boolean {
  const { scopes, vocabulary } = rule
  if (scopes === undefined) return true
  return operation.alternatives.some((needed) => needed.some((scope) => scopes.some((named) => vocabulary.covers(scope, named))))
}

/** Whether the rule could match the operation, as far as its scopes go. */
export function couldMatchScopes(rule: Rule, operation: Pick<Operation, 'alternatives'>): boolean {
  if (rule.effect !== 'allow') return touchesScopes(rule, operation)
  return operation.alternatives.some((needed) => uncoveredScopes(rule, needed).length === 0)
}

/** The targets that an allow rule does not cover; canonical names. */
export function uncoveredTargets(rule: Rule, names: readonly string[]): readonly string[] {
  const { targets, vocabulary } = rule
  if (targets === undefined) return []
  return names.filter((name) => !anyMatches(targets, vocabulary.canonicalTarget(name)))
}

export function anyMatches(globs: readonly Glob[], text: string): boolean {
  return globs.some((glob) => glob(text))
}
