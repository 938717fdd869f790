import { newId } from '../model/ids.ts'
import type { Access } from '../model/operation.ts'
import type { ConsentDetail, Principal } from '../model/principal.ts'
import type { CompiledPolicies } from './compiled-policies.ts'
import type { CannotDo, ForecastParty, Preview, PreviewQuestion } from './forecast.ts'
import { allCandidates, candidatesFor, forecastLayer, isCertain, isPossible, type Candidate, type LayerForecast } from './possibility.ts'
import { listed } from './reasons.ts'
import { anyMatches, concerns, NO_RULES, type RuleSet } from './rule.ts'
import type { PolicyVocabulary, Vocabularies } from './vocabulary.ts'

/** Both written layers for one party and integration. */
interface Layers {
  readonly vocabulary: PolicyVocabulary
  readonly principal: Principal
  readonly org: RuleSet
  readonly orgDefault: 'allow' | 'deny'
  /** Undefined where the agent has no policy document. */
  readonly agent: RuleSet | undefined
}

const RANK = { allow: 2, ask: 1, deny: 0 } as const

/** What policy would make of requests that use one scope on these targets; see `PolicyForecast`. Pure. */
export function previewOf(policies: CompiledPolicies, vocabularies: Vocabularies, question: PreviewQuestion): Preview {
  const layers = layersOf(policies, vocabularies, question, question.integration)
  const scope = layers?.vocabulary.canonicalScope(question.scope)
  if (layers === undefined || scope === undefined) return refusedBy('org_policy', `There is no such permission at ${question.integration}.`)
  const previews = candidatesFor(scope, layers.vocabulary, ruleSets(layers))
    .flatMap((candidate) => question.targets.map((target) => previewOne(layers, candidate, target, question)))
  const [first, ...others] = previews
  if (first === undefined) return refusedBy('agent_permissions', 'No target is named.')
  return others.reduce((best, preview) => (RANK[preview.effect] > RANK[best.effect] ? preview : best), first)
}

function previewOne(layers: Layers, candidate: Candidate, target: string, question: PreviewQuestion): Preview {
  const org = forecastLayer(layers.org, layers.orgDefault, layers.principal, candidate, target)
  const agent = forecastLayer(layers.agent ?? NO_RULES, 'deny', layers.principal, candidate, target)
  if (org.effect === 'deny') return orgRefusal(org, question)
  if (agent.effect === 'deny') return agentRefusal(agent, layers, candidate, question)
  const asking = org.effect === 'ask' ? org : agent.effect === 'ask' ? agent : undefined
  if (asking === undefined) return { effect: 'allow', layer: undefined, reason: 'Policy allows it, within the limits of its rules.', rule: undefined }
  return {
    effect: 'ask', layer: asking === org ? 'org_policy' : 'agent_permissions',
    reason: asking.rule?.because ?? 'Each such call waits until somebody approves it.', rule: asking.rule?.reference,
  }
}

function orgRefusal({ rule }: LayerForecast, { integration, scope, targets }: PreviewQuestion): Preview {
  const reason = rule?.because ?? `Your organisation does not let agents use ${scope} of ${integration} on ${listed(targets)}.`
  return refusedBy('org_policy', reason, rule?.reference)
}

function agentRefusal({ rule }: LayerForecast, layers: Layers, candidate: Candidate, { agent, scope, targets }: PreviewQuestion): Preview {
  if (rule !== undefined) return refusedBy('agent_permissions', rule.because ?? `The permissions of ${agent} rule out ${scope} on ${listed(targets)}.`, rule.reference)
  const elsewhere = layers.agent?.allow.some((allow) => isPossible(allow, layers.principal, candidate, '**')) === true
  const reason = elsewhere ? `The permissions of ${agent} include ${scope}, but not on ${listed(targets)}.` : `The permissions of ${agent} do not include ${scope}.`
  return refusedBy('agent_permissions', reason)
}

function refusedBy(layer: NonNullable<Preview['layer']>, reason: string, rule?: Preview['rule']): Preview {
  return { effect: 'deny', layer, reason, rule }
}

/** Whether each request that could be allowed is lent the organisation's authority, so that none needs a connection of the person's. Pure. */
export function lendsFor(policies: CompiledPolicies, vocabularies: Vocabularies, question: PreviewQuestion): boolean {
  const layers = layersOf(policies, vocabularies, question, question.integration)
  const scope = layers?.vocabulary.canonicalScope(question.scope)
  if (layers === undefined || scope === undefined) return false
  const { org, principal } = layers
  const lending = org.allow.filter(({ lendsAuthority }) => lendsAuthority)
  const asked = candidatesFor(scope, layers.vocabulary, ruleSets(layers))
    .flatMap((candidate) => question.targets.map((target) => ({ candidate, target })))
    .filter(({ candidate, target }) => isAllowable(layers, candidate, target))
  return asked.length > 0 && asked.every(({ candidate, target }) => lending.some((rule) => isCertain(rule, principal, candidate, target)))
}

/** Which scopes and levels of access no request of this agent for this person could ever use. Pure. */
export function cannotDo(policies: CompiledPolicies, vocabularies: Vocabularies, party: ForecastParty, integration: string): CannotDo {
  const layers = layersOf(policies, vocabularies, party, integration)
  if (layers === undefined) return { scopes: [], access: [] }
  const all = { scopes: new Set<string>(), access: new Set<Access>() }
  const possible = { scopes: new Set<string>(), access: new Set<Access>() }
  for (const candidate of allCandidates(layers.vocabulary, ruleSets(layers))) {
    mark(all, candidate)
    if (isAllowable(layers, candidate, '**')) mark(possible, candidate)
  }
  return {
    scopes: [...all.scopes].filter((scope) => !possible.scopes.has(scope)),
    access: (['read', 'write', 'admin'] as const).filter((level) => all.access.has(level) && !possible.access.has(level)),
  }
}

function mark(seen: { readonly scopes: Set<string>, readonly access: Set<Access> }, { operation, alternative }: Candidate): void {
  for (const scope of alternative) seen.scopes.add(scope)
  if (operation !== undefined) seen.access.add(operation.access)
}

function isAllowable({ org, orgDefault, agent, principal }: Layers, candidate: Candidate, target: string): boolean {
  return forecastLayer(org, orgDefault, principal, candidate, target).effect !== 'deny'
    && forecastLayer(agent ?? NO_RULES, 'deny', principal, candidate, target).effect !== 'deny'
}

/** Whether some org allow rule with `without_person: true` could match this agent. Pure. */
export function actsForItself({ org }: CompiledPolicies, agent: string): boolean {
  return [...org.rules.values()].some(({ allow }) =>
    allow.some(({ withoutPerson, agents }) => withoutPerson === true && (agents === undefined || anyMatches(agents, agent))))
}

/** Whether some org rule with `authority: organisation` could match this party at this integration. Pure. */
export function lendsOrganisation({ org }: CompiledPolicies, party: ForecastParty, integration: string): boolean {
  const principal = principalOf(party)
  return (org.rules.get(integration)?.allow ?? []).some((rule) => rule.lendsAuthority && concerns(rule, principal))
}

/**
 * How long all of this access may be delegated: no longer than each part of it, or what is bounded would outlive its bound beside what is not. Of
 * several ways to use one part the longest counts. Pure.
 */
export function delegationBound(
  policies: CompiledPolicies, vocabularies: Vocabularies, party: ForecastParty, access: readonly ConsentDetail[],
): number | undefined {
  const bounds = access.flatMap((detail) => {
    const layers = layersOf(policies, vocabularies, party, detail.integration)
    return layers === undefined ? [] : detail.scopes.flatMap((scope) => scopeBounds(layers, scope, detail.targets))
  })
  const shortest = Math.min(...bounds)
  return shortest === Infinity ? undefined : shortest
}

/** One bound for each target at which the scope could be used; nothing where policy refuses it anyway. */
function scopeBounds(layers: Layers, scope: string, targets: readonly string[]): readonly number[] {
  const canonical = layers.vocabulary.canonicalScope(scope)
  if (canonical === undefined) return []
  const candidates = candidatesFor(canonical, layers.vocabulary, ruleSets(layers))
  return targets.flatMap((target) => {
    const ways = candidates.filter((candidate) => isAllowable(layers, candidate, target)).map((candidate) => Math.min(
      layerBound(layers.org, layers.orgDefault, layers.principal, candidate, target),
      layerBound(layers.agent ?? NO_RULES, 'deny', layers.principal, candidate, target),
    ))
    return ways.length === 0 ? [] : [Math.max(...ways)]
  })
}

/** The longest of the rules that could match, and no longer than each of those that certainly do. */
function layerBound(rules: RuleSet, fallback: 'allow' | 'deny', principal: Principal, candidate: Candidate, target: string): number {
  const boundOf = (rule: { readonly delegationExpiresInMs: number | undefined }): number => rule.delegationExpiresInMs ?? Infinity
  const certain = [...rules.allow, ...rules.ask].filter((rule) => isCertain(rule, principal, candidate, target)).map(boundOf)
  const possible = rules.allow.filter((rule) => isPossible(rule, principal, candidate, target)).map(boundOf)
  const longest = fallback === 'allow' || rules.ask.length > 0 || possible.length === 0 ? Infinity : Math.max(...possible)
  return Math.min(longest, ...certain)
}

function layersOf(policies: CompiledPolicies, vocabularies: Vocabularies, party: ForecastParty, integration: string): Layers | undefined {
  const vocabulary = vocabularies.get(integration)
  if (vocabulary === undefined) return undefined
  const agentRules = policies.agents.get(party.agent)
  return {
    vocabulary,
    principal: principalOf(party),
    org: policies.org.rules.get(integration) ?? NO_RULES,
    orgDefault: policies.org.default,
    agent: agentRules === undefined ? undefined : agentRules.get(integration) ?? NO_RULES,
  }
}

function ruleSets({ org, agent }: Layers): readonly RuleSet[] {
  return [agent ?? NO_RULES, org]
}

/** As the rules would see the principal; what it consented to is not looked at. */
function principalOf({ agent, person, groups }: ForecastParty): Principal {
  const standing = { consent: [], groups, connections: {} }
  const delegation = { id: newId('dlg'), person, personName: undefined, session: undefined, consent: [], standing, expiresAtMs: Infinity }
  return { agent, agentName: agent, identifiedBy: 'token', delegation }
}
