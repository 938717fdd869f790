import { z } from '@hono/zod-openapi'
import type { Connection } from '../../../store/ports/connections.ts'
import type { DelegatedAccess, StoredDelegation, StoredSession } from '../../../store/ports/delegations.ts'
import type { AdminIntegrations } from '../integrations/admin-integration.ts'
import { accountView, connectedAccount } from './account.ts'
import { pageOf } from './paging.ts'
import { scopeText, scopeTexts } from './scope-text.ts'
import { givenMoment, integrationName, moment, momentOf } from './values.ts'

/** Gives an id its name, where it has one. */
export type NameOf = (id: StoredDelegation['agent']) => string | undefined

/** What is told of a delegation beside what it says of itself. */
export interface DelegationFacts {
  readonly nameOf: NameOf
  /** Who answers for an agent; undefined where nobody is named. */
  ownerOf(id: StoredDelegation['agent']): string | undefined
  readonly integrations: AdminIntegrations
  /** Those that its access is bound to, by id. */
  readonly connections: ReadonlyMap<string, Connection>
  /** Of the newest call by it; undefined for none. */
  readonly lastUsedAtMs: number | undefined
}

const named = z.object({ id: z.string(), name: z.string().nullable() }).openapi('Named')

const ownedAgent = z.object({ id: z.string(), name: z.string().nullable(), owner: z.string().nullable().openapi({ description: 'who answers for it' }) }).openapi('OwnedAgent')

const access = z.object({
  integration: z.string(),
  scopes: z.array(z.string()),
  targets: z.array(z.string()),
  connection: z.string().nullable(),
  title: z.string().openapi({ description: 'how people call the integration' }),
  words: z.array(scopeText),
  account: connectedAccount.nullable().openapi({ description: 'whose account at the integration serves; null where the organisation’s authority does' }),
}).openapi('Access')

/** One delegation as it is answered. */
export const delegation = z.object({
  id: z.string(),
  agent: ownedAgent,
  person: z.string(),
  access: z.array(access),
  state: z.enum(['active', 'revoked', 'expired']),
  created_at: moment,
  expires_at: moment,
  last_used_at: moment.nullable().openapi({ description: 'of its newest call, as far as the searchable audit reaches' }),
  ended_at: moment.nullable(),
  ended_by: z.string().nullable(),
  end_reason: z.string().nullable(),
  version: z.number().int(),
}).openapi('Delegation')

export const delegationPage = pageOf('DelegationPage', delegation)

const word = z.string().regex(/^[\x21-\x7e]{1,128}$/)
const target = z.string().min(1).max(256).regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)

/** What stays of a delegation: never more than there is. */
export const delegationNarrowing = z.strictObject({
  version: z.number().int().min(0),
  access: z.array(z.strictObject({ integration: integrationName, scopes: z.array(word).min(1).max(64), targets: z.array(target).min(1).max(64) })).min(1).max(32).optional()
    .openapi({ description: 'all that stays approved; a target may be one name that an approved pattern matches' }),
  expires_at: givenMoment.optional(),
}).openapi('DelegationNarrowing')

/** One session as it is answered. */
export const session = z.object({
  id: z.string(),
  delegation: z.string(),
  agent: named,
  person: z.string(),
  state: z.enum(['running', 'ended']),
  started_at: moment,
  expires_at: moment,
  ended_at: moment.nullable(),
  end_reason: z.string().nullable(),
}).openapi('Session')

export const sessionPage = pageOf('SessionPage', session)

export type DelegationView = z.infer<typeof delegation>
export type SessionView = z.infer<typeof session>

/** The delegation as it is answered; one whose time is over is told as expired, whether that was swept yet or not. */
export function delegationView(stored: StoredDelegation, facts: DelegationFacts, nowMs: number): DelegationView {
  return {
    id: stored.id,
    agent: { id: stored.agent, name: facts.nameOf(stored.agent) ?? null, owner: facts.ownerOf(stored.agent) ?? null },
    person: stored.person,
    access: stored.access.map((each) => accessView(each, facts)),
    state: stored.state === 'active' && nowMs >= stored.expiresAtMs ? 'expired' : stored.state,
    created_at: momentOf(stored.createdAtMs),
    expires_at: momentOf(stored.expiresAtMs),
    last_used_at: momentOf(facts.lastUsedAtMs),
    ended_at: momentOf(stored.endedAtMs),
    ended_by: stored.endedBy ?? null,
    end_reason: stored.endReason ?? null,
    version: stored.version,
  }
}

function accessView({ integration: name, scopes, targets, connection }: DelegatedAccess, { integrations, connections }: DelegationFacts): z.infer<typeof access> {
  const integration = integrations.get(name)
  return {
    integration: name, scopes: [...scopes], targets: [...targets], connection: connection ?? null,
    title: integration?.title ?? name, words: scopeTexts(scopes, integration),
    account: connection === undefined ? null : accountView(connections.get(connection)),
  }
}

/** The session as it is answered; its secret's digest is nobody's. */
export function sessionView(stored: StoredSession, nameOf: NameOf, nowMs: number): SessionView {
  return {
    id: stored.id,
    delegation: stored.delegation,
    agent: { id: stored.agent, name: nameOf(stored.agent) ?? null },
    person: stored.person,
    state: stored.endedAtMs === undefined && nowMs < stored.expiresAtMs ? 'running' : 'ended',
    started_at: momentOf(stored.startedAtMs),
    expires_at: momentOf(stored.expiresAtMs),
    ended_at: momentOf(stored.endedAtMs),
    end_reason: stored.endReason ?? null,
  }
}
