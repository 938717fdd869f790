import type { PersonId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import type { ForecastParty } from '../../policy/forecast.ts'
import type { Connection } from '../../store/ports/connections.ts'
import type { DelegatedAccess } from '../../store/ports/delegations.ts'
import type { AccessRequest } from '../oauth/contract.ts'
import { consentWithin } from '../oauth/narrow-consent.ts'
import type { ConsentForecast, ConsentIntegration } from './contract.ts'
import { durations } from './durations.ts'
import { limitsOf } from './limits.ts'
import type { ConnectionOffer, Level, Offer, PartOffer, ScopeOffer, SectionOffer } from './offer.ts'

/** What is known when somebody is asked. */
export interface OfferFacts {
  readonly request: AccessRequest
  readonly agent: NonNullable<AccessRequest['agent']>
  readonly person: { readonly id: PersonId; readonly groups: readonly string[] }
  readonly integrations: ReadonlyMap<string, ConsentIntegration>
  /** Integrations at which people connect accounts of theirs. */
  readonly connectable: ReadonlySet<string>
  /** The person's own, that are not revoked. */
  readonly connections: readonly Connection[]
  /** What the session that asks for more has already; empty for a new approval. */
  readonly held: readonly DelegatedAccess[]
  /** When that ends; undefined for a new approval. Wall clock. */
  readonly heldUntilMs?: number | undefined
  /** Wall clock. */
  readonly nowMs: number
  readonly forecast: ConsentForecast
  readonly lifetimes: { readonly consentDefaultMs: number; readonly consentMaxMs: number }
}

/** Judges a request for access: what can be approved, at which levels, what is refused anyway, what is there already. Pure. */
export function buildOffer(facts: OfferFacts): Offer {
  const { request, agent, person, forecast, lifetimes } = facts
  const party: ForecastParty = { agent: agent.id, person: person.id, groups: person.groups }
  const names = [...new Set(request.access.map(({ integration }) => integration))]
  const sections = names.flatMap((name, index) => sectionOf(facts, party, name, `s${index}`) ?? [])
  const times = durations(lifetimes, forecast.delegationBound(party, request.access))
  return { request, agent, sections, ...times, standingEndMs: keptEnd(facts, times.durationsMs) }
}

/** The end that was approved stays open to choose, unless the rules for what is asked now want an earlier one. */
function keptEnd({ heldUntilMs, nowMs }: OfferFacts, durationsMs: readonly number[]): number | undefined {
  const mostMs = Math.max(...durationsMs)
  return heldUntilMs !== undefined && heldUntilMs - nowMs <= mostMs ? heldUntilMs : undefined
}

/** An integration that is not configured (any more) has no section: nothing of it can be approved. */
function sectionOf(facts: OfferFacts, party: ForecastParty, integration: string, key: string): SectionOffer | undefined {
  const known = facts.integrations.get(integration)
  if (known === undefined) return undefined
  const connection = connectionOf(facts, party, integration)
  const parts = facts.request.access
    .filter((detail) => detail.integration === integration)
    .map((detail, index) => partOf(facts, party, known, detail, connection, `${key}.${index}`))
  const { words } = known
  return { key, integration, title: words.title, words, connection, parts, cannot: limitsOf(known, parts, facts.held.filter((access) => access.integration === integration)) }
}

function connectionOf(facts: OfferFacts, party: ForecastParty, integration: string): ConnectionOffer {
  const { connectable, connections, held } = facts
  if (!connectable.has(integration) || isLent(facts, party, integration)) return { kind: 'organisation' }
  const usable = connections.filter((one) => one.integration === integration && one.state === 'active')
  const bound = held.find((access) => access.integration === integration)?.connection
  const [first, ...others] = bound === undefined ? usable : usable.filter(({ id }) => id === bound)
  return first === undefined ? { kind: 'connect' } : { kind: 'choose', connections: [first, ...others], bound: bound !== undefined }
}

/** Whether nothing that could be approved needs an account of the person's own. */
function isLent({ request, forecast }: OfferFacts, party: ForecastParty, integration: string): boolean {
  return request.access.filter((detail) => detail.integration === integration).every(({ scopes, targets }) => scopes.every((scope) => {
    const question = { ...party, integration, scope, targets }
    return forecast.lends(question) || forecast.preview(question).effect === 'deny'
  }))
}

function partOf(
  facts: OfferFacts, party: ForecastParty, known: ConsentIntegration, detail: ConsentDetail, connection: ConnectionOffer, key: string,
): PartOffer {
  const scopes = detail.scopes.map((scope, index) => scopeOf(facts, party, known, { ...detail, scopes: [scope] }, scope, connection, `${key}.${index}`))
  return { key, targets: detail.targets, scopes }
}

function scopeOf(
  facts: OfferFacts, party: ForecastParty, known: ConsentIntegration, detail: ConsentDetail, scope: string, connection: ConnectionOffer, key: string,
): ScopeOffer {
  const { words, vocabulary } = known
  const canonical = vocabulary.canonicalScope(scope) ?? scope
  const shown = { key, scope, words: words.can(canonical), access: words.access(canonical) }
  if (consentWithin(facts.held, [detail], (name) => facts.integrations.get(name)?.vocabulary)) {
    return { ...shown, levels: {}, state: 'held', remark: undefined, lackedBy: [] }
  }
  const { levels, remark } = levelsOf(facts, party, known, detail, scope)
  const lackedBy = connection.kind === 'choose' ? connection.connections.filter((one) => lacks(one, canonical, known)).map(({ id }) => id) : []
  return { ...shown, levels, state: Object.keys(levels).length === 0 ? 'refused' : 'open', remark, lackedBy }
}

/** What policy leaves of a scope: all of it, its read access alone, or nothing. */
function levelsOf(
  { forecast }: OfferFacts, party: ForecastParty, known: ConsentIntegration, { integration, targets }: ConsentDetail, scope: string,
): { readonly levels: Readonly<Partial<Record<Level, string>>>; readonly remark: string | undefined } {
  const asked = forecast.preview({ ...party, integration, scope, targets })
  const reading = readingOf(scope, known)
  const read = reading === undefined || forecast.preview({ ...party, integration, scope: reading, targets }).effect === 'deny' ? {} : { read: reading }
  switch (asked.effect) {
    case 'deny': return { levels: read, remark: asked.reason }
    case 'ask': return { levels: { asked: scope, ...read }, remark: `Each use waits for an approval. ${asked.reason}` }
    case 'allow': return { levels: { asked: scope, ...read }, remark: undefined }
  }
}

/** `pulls:read` for `pulls:write`, where the upstream has it and the one includes the other. */
function readingOf(scope: string, { vocabulary }: ConsentIntegration): string | undefined {
  const reading = scope.replace(/:(?:write|admin)$/, ':read')
  const [wide, narrow] = [vocabulary.canonicalScope(scope), vocabulary.canonicalScope(reading)]
  if (reading === scope || wide === undefined || narrow === undefined || !vocabulary.covers(wide, narrow)) return undefined
  return reading
}

/** What the upstream granted is compared only where it says so in the words that are asked with: a GitHub App's user token names no scopes. */
function lacks({ scopes }: Connection, needed: string, { vocabulary }: ConsentIntegration): boolean {
  const granted = scopes.flatMap((scope) => vocabulary.canonicalScope(scope) ?? [])
  return granted.length > 0 && !granted.some((scope) => vocabulary.covers(scope, needed))
}
