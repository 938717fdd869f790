import { describe, expect, it } from 'vitest'
import type { CredentialOrder } from '../../../src/integrations/issuer.ts'
import { slackIntegration, type SlackOptions } from '../../../src/integrations/slack/slack-integration.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { isDenial } from '../../../src/model/denial.ts'
import type { AgentId, DelegationId, PersonId } from '../../../src/model/ids.ts'
import { temporaryStore } from '../../store/temporary-store.ts'
import { allowingDecision } from '../../support/decision.ts'

const ORDER: CredentialOrder = {
  principal: { agent: 'agent:a' as AgentId, agentName: 'A', identifiedBy: 'token', delegation: undefined },
  integration: 'slack', operation: 'chat.postMessage', scopes: ['chat:write'], targets: { kind: 'named', names: ['C0123'] },
  expiresInMs: undefined, authority: 'organisation', decision: allowingDecision(),
}
const SIGNAL = AbortSignal.timeout(60_000)
const ROTATING = { clientId: 'client', clientSecret: new Secret('secret'), refreshToken: new Secret('refresh-0') }

async function bench(credential: SlackOptions['credential'] = ROTATING) {
  const { store, clock } = await temporaryStore()
  let calls = 0
  const { issuer, integration } = slackIntegration({
    name: 'slack', credential, store, clock: { nowMs: () => clock.now, monotonicMs: () => clock.now }, onReauthRequired: () => undefined,
    http: () => {
      calls += 1
      const body = { ok: true, access_token: `access-${calls}`, refresh_token: `refresh-${calls}`, expires_in: 43_200, scope: 'chat:write,files:read' }
      return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(body) })
    },
  })
  return { issuer, integration, clock, calls: () => calls }
}

describe('a Slack credential', () => {
  it('is the bot token as Bearer, short-lived, narrowed by the proxy', async () => {
    const { issuer, clock } = await bench()
    const issued = await issuer.issue({ ...ORDER, expiresInMs: 600_000 }, SIGNAL)
    if (isDenial(issued)) throw new TypeError(issued.detail)
    expect(issued.secret.reveal()).toBe('access-1')
    expect(issued).toMatchObject({
      placement: { in: 'header', name: 'Authorization', value: 'Bearer {credential}' }, lifetime: 'short', narrowedBy: 'proxy',
      expiresAtMs: clock.now + 600_000, upstreamExpiresAtMs: clock.now + 43_200_000,
    })
  })

  it('never outlives the token, less a minute', async () => {
    const { issuer, clock } = await bench()
    const issued = await issuer.issue({ ...ORDER, expiresInMs: 86_400_000 }, SIGNAL)
    expect(issued).toMatchObject({ expiresAtMs: clock.now + 43_200_000 - 60_000 })
  })

  it('lives an hour where no rule says how long', async () => {
    const { issuer, clock } = await bench()
    expect(await issuer.issue(ORDER, SIGNAL)).toMatchObject({ expiresAtMs: clock.now + 3_600_000 })
  })

  it('is static where the configuration holds a bot token, and says so', async () => {
    const { issuer, clock, calls } = await bench({ botToken: new Secret('xoxb-static') })
    expect(await issuer.issue(ORDER, SIGNAL)).toMatchObject({ lifetime: 'static', expiresAtMs: Infinity, upstreamExpiresAtMs: undefined })
    expect(await issuer.issue({ ...ORDER, expiresInMs: 60_000 }, SIGNAL)).toMatchObject({ lifetime: 'static', expiresAtMs: clock.now + 60_000 })
    expect(calls()).toBe(0)
  })

  it('is lent by the organisation’s authority only', async () => {
    const { issuer, calls } = await bench()
    expect(await issuer.issue({ ...ORDER, authority: 'person' }, SIGNAL)).toMatchObject({ denial: 'authority_insufficient' })
    expect(calls()).toBe(0)
  })

  it.each([
    ['search.messages', 'a person’s token'],
    ['admin.users.list', 'a person’s token'],
    ['apps.connections.open', 'an app-level token'],
    ['apps.manifest.update', 'an app configuration token'],
    ['oauth.v2.access', 'credentials that are Postern’s own'],
  ])('is refused for %s, which takes %s', async (operation, token) => {
    for (const credential of [ROTATING, { botToken: new Secret('xoxb') }]) {
      const { issuer, calls } = await bench(credential)
      expect(await issuer.issue({ ...ORDER, operation }, SIGNAL)).toMatchObject({ denial: 'credential_refused', hint: expect.stringContaining(token) })
      expect(calls()).toBe(0)
    }
  })

  it('is refused for a scope that the app was not granted, naming it', async () => {
    const { issuer } = await bench()
    expect(await issuer.issue({ ...ORDER, operation: 'reactions.add', scopes: ['reactions:write'] }, SIGNAL))
      .toMatchObject({ denial: 'credential_refused', missingScopes: ['reactions:write'], hint: expect.stringContaining('reactions:write') })
  })

  it('is had for an operation that a rule declared by itself', async () => {
    const { issuer } = await bench()
    expect(await issuer.issue({ ...ORDER, operation: 'POST /api/new.method' }, SIGNAL)).toMatchObject({ lifetime: 'short' })
  })

  it('cannot be revoked alone: all share one token', async () => {
    expect((await bench()).issuer.revoke).toBeUndefined()
  })
})

describe('the key under which a credential is shared', () => {
  const delegation = (id: string) => ({
    id: id as DelegationId, person: 'user:a@x.test' as PersonId, personName: undefined, session: undefined, consent: [], expiresAtMs: 1,
  })
  const variants: readonly [string, CredentialOrder][] = [
    ['agent', { ...ORDER, principal: { ...ORDER.principal, agent: 'agent:b' as AgentId } }],
    ['delegation', { ...ORDER, principal: { ...ORDER.principal, delegation: delegation('dlg_1') } }],
    ['other delegation', { ...ORDER, principal: { ...ORDER.principal, delegation: delegation('dlg_2') } }],
    ['scopes', { ...ORDER, scopes: ['files:read'] }],
    ['lifetime', { ...ORDER, expiresInMs: 5 }],
    ['authority', { ...ORDER, authority: 'person' }],
    ['kind of token', { ...ORDER, operation: 'files.sharedPublicURL' }],
  ]

  it('differs by everything that an issuance looks at', async () => {
    const { issuer } = await bench()
    const keys = [ORDER, ...variants.map(([, order]) => order)].map((order) => issuer.cacheKey(order))
    expect(new Set(keys).size).toBe(variants.length + 1)
  })

  it('is the same for another conversation and another order of the scopes', async () => {
    const { issuer } = await bench()
    const one = issuer.cacheKey({ ...ORDER, scopes: ['a', 'b'] })
    expect(issuer.cacheKey({ ...ORDER, scopes: ['b', 'a'], targets: { kind: 'none' }, operation: 'chat.update' })).toBe(one)
  })
})

describe('the integration', () => {
  it('serves Slack’s two hosts and knows where a client could put a token', async () => {
    const { integration } = await bench()
    expect(integration.origins.map(({ host, port, scheme }) => `${scheme}://${host}:${port}`)).toEqual(['https://slack.com:443', 'https://files.slack.com:443'])
    expect(integration.credentialFields).toEqual(['token'])
  })
})
