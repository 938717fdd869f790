import { beforeEach, describe, expect, it } from 'vitest'
import type { CredentialOrder } from '../../src/integrations/issuer.ts'
import type { ConnectionId, PersonId } from '../../src/model/ids.ts'
import { ALICE, BOB, connectWorld, OURS, type ConnectWorld } from './connect-world.ts'
import { issued, personOrder, soon } from './person-orders.ts'

const PAYMENTS = { targets: { kind: 'named', names: ['acme-corp/prod-payments'] } } as const

describe('a credential of the person’s own authority', () => {
  let world: ConnectWorld
  beforeEach(async () => { world = await connectWorld() })

  const connect = async (who: PersonId, integration: 'github' | 'slack' | 'tickets', login: string): Promise<ConnectionId> => {
    await world.browser(who).connect(integration, login)
    const connection = (await world.desk.of(who)).find((one) => one.integration === integration)
    if (connection === undefined) throw new TypeError('not connected')
    return connection.id
  }
  const call = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
    world.http(`${world.github.origin}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, 'user-agent': 'test' } })

  describe('at GitHub', () => {
    it('is their own token, narrowed by GitHub to the repository and the permissions', async () => {
      const github = await connect(ALICE, 'github', 'alice-chen')
      const credential = issued(await world.issuers.github.issue(personOrder(ALICE, { github }), soon()))
      expect(credential).toMatchObject({ narrowedBy: 'upstream', lifetime: 'short', expiresAtMs: world.clock.nowMs() + 600_000, upstreamExpiresAtMs: world.clock.nowMs() + 28_800_000 })
      const narrowed = world.github.oauth.liveTokens().filter((one) => one.narrowed)
      expect(narrowed).toEqual([{ login: 'alice-chen', narrowed: true, repositories: ['acme-corp/backend'], permissions: { pull_requests: 'read' } }])
      const token = credential.secret.reveal()
      expect((await call('/repos/acme-corp/backend/pulls/42', token)).status).toBe(200)
      expect((await call('/repos/acme-corp/backend/contents/README.md', token)).status).toBe(403)
      expect((await call('/repos/acme-corp/frontend/pulls/7', token)).status).toBe(404)
    })

    it('is not given to who has no access to the repository, whatever the app and the approval allow', async () => {
      const [alice, bob] = [await connect(ALICE, 'github', 'alice-chen'), await connect(BOB, 'github', 'bob-diaz')]
      issued(await world.issuers.github.issue(personOrder(ALICE, { github: alice }, PAYMENTS), soon()))
      expect(await world.issuers.github.issue(personOrder(BOB, { github: bob }, PAYMENTS), soon())).toMatchObject({ denial: 'credential_refused', hint: expect.stringContaining('no access') })
    })

    it('can do no more than the person: what they may only read is not written', async () => {
      const github = await connect(BOB, 'github', 'bob-diaz')
      const order = personOrder(BOB, { github }, { operation: 'PUT /repos/{owner}/{repo}/contents/{path}', scopes: ['contents:write'], targets: { kind: 'named', names: ['acme-corp/handbook'] } })
      const token = issued(await world.issuers.github.issue(order, soon())).secret.reveal()
      const answer = await call('/repos/acme-corp/handbook/contents/x.md', token, { method: 'PUT', body: JSON.stringify({ message: 'x', content: 'eA==' }) })
      expect(answer.status).toBe(403)
    })

    it('is not a connection of somebody else’s, though the delegation names it', async () => {
      const alice = await connect(ALICE, 'github', 'alice-chen')
      expect(await world.issuers.github.issue(personOrder(BOB, { github: alice }), soon())).toMatchObject({ denial: 'connection_required', link: `${OURS}/connect/github` })
      const slack = await connect(BOB, 'slack', 'bob')
      expect(await world.issuers.github.issue(personOrder(BOB, { github: slack }), soon())).toMatchObject({ denial: 'connection_required' })
      expect(world.github.oauth.liveTokens().filter((one) => one.narrowed)).toEqual([])
    })

    it.each<[string, (order: CredentialOrder) => CredentialOrder, string]>([
      ['a delegation that is bound to no connection', (order) => order, 'connection_required'],
      ['a token of an outside issuer', (order) => ({ ...order, principal: { ...order.principal, delegation: order.principal.delegation && { ...order.principal.delegation, standing: undefined } } }), 'connection_required'],
      ['an agent that acts for itself', (order) => ({ ...order, principal: { ...order.principal, delegation: undefined } }), 'authority_insufficient'],
      ['a connection that is not there', (order) => personOrder(ALICE, { github: 'con_gone' as ConnectionId }, { operation: order.operation }), 'connection_required'],
    ])('is not given for %s', async (_name, change, denial) => {
      expect(await world.issuers.github.issue(change(personOrder(ALICE, {})), soon())).toMatchObject({ denial })
    })

    it('ends when it is told to, and only itself', async () => {
      const github = await connect(ALICE, 'github', 'alice-chen')
      const credential = issued(await world.issuers.github.issue(personOrder(ALICE, { github }), soon()))
      await world.issuers.github.revoke?.(credential.secret, soon())
      expect((await call('/repos/acme-corp/backend/pulls/42', credential.secret.reveal())).status).toBe(401)
      await world.issuers.github.revoke?.(credential.secret, soon())
      expect(world.github.oauth.liveTokens()).toMatchObject([{ narrowed: false }])
      issued(await world.issuers.github.issue(personOrder(ALICE, { github }), soon()))
    })

    it('is an installation’s token where GitHub cannot narrow, and only by the person’s role in the repository', async () => {
      world.github.oauth.narrowTokens(false)
      const [alice, bob] = [await connect(ALICE, 'github', 'alice-chen'), await connect(BOB, 'github', 'bob-diaz')]
      const credential = issued(await world.issuers.github.issue(personOrder(ALICE, { github: alice }), soon()))
      expect(world.github.liveTokens()).toMatchObject([{ repositories: ['acme-corp/backend'], permissions: { pull_requests: 'read' } }])
      await world.issuers.github.revoke?.(credential.secret, soon())
      expect(world.github.liveTokens()).toEqual([])
      expect(await world.issuers.github.issue(personOrder(BOB, { github: bob }, PAYMENTS), soon())).toMatchObject({ denial: 'credential_refused' })
      const handbook = { targets: { kind: 'named', names: ['acme-corp/handbook'] } } as const
      issued(await world.issuers.github.issue(personOrder(BOB, { github: bob }, { ...handbook, scopes: ['contents:read'] }), soon()))
      expect(await world.issuers.github.issue(personOrder(BOB, { github: bob }, { ...handbook, scopes: ['contents:write'] }), soon())).toMatchObject({ denial: 'credential_refused' })
      expect(await world.issuers.github.issue(personOrder(BOB, { github: bob }, { scopes: ['administration:read'] }), soon())).toMatchObject({ denial: 'credential_refused' })
    })

    it('verifies a role once a minute', async () => {
      world.github.oauth.narrowTokens(false)
      const github = await connect(ALICE, 'github', 'alice-chen')
      const asked = (): number => world.github.log.entries.filter(({ method, path }) => method === 'GET' && path === '/repos/acme-corp/backend').length
      for (let n = 0; n < 3; n += 1) issued(await world.issuers.github.issue(personOrder(ALICE, { github }), soon()))
      expect(asked()).toBe(1)
      world.clock.advance(60_000)
      issued(await world.issuers.github.issue(personOrder(ALICE, { github }), soon()))
      expect(asked()).toBe(2)
    })

    it('asks for the person once they have ended the app’s authorisation at GitHub', async () => {
      const github = await connect(ALICE, 'github', 'alice-chen')
      world.github.oauth.revokeGrant('alice-chen')
      expect(await world.issuers.github.issue(personOrder(ALICE, { github }), soon())).toMatchObject({
        denial: 'connection_reauth_required', link: `${OURS}/connect/github`, hint: expect.stringContaining('connecting again'),
      })
      expect(world.of('connection.reauth_required')).toMatchObject([{ connection: github, user: { id: ALICE }, code: 'connection_reauth_required' }])
      await world.browser(ALICE).connect('github', 'alice-chen')
      issued(await world.issuers.github.issue(personOrder(ALICE, { github }), soon()))
    })

    it('has a key of its own for each delegation and connection', async () => {
      const key = (order: CredentialOrder): string => world.issuers.github.cacheKey(order)
      const one = personOrder(ALICE, { github: 'con_1' as ConnectionId })
      const keys = [one, personOrder(ALICE, { github: 'con_2' as ConnectionId }), { ...one, authority: 'organisation' as const },
        { ...one, principal: { ...one.principal, delegation: one.principal.delegation && { ...one.principal.delegation, id: 'dlg_2' as never } } }].map(key)
      expect(new Set(keys).size).toBe(keys.length)
      expect(key(one)).toBe(key(personOrder(ALICE, { github: 'con_1' as ConnectionId })))
    })
  })

  describe('at Slack', () => {
    const post = { integration: 'slack', operation: 'chat.postMessage', scopes: ['chat:write'], targets: { kind: 'named', names: ['C0CODEREVIEW'] } } as const

    it('is the person’s user token, narrowed by the proxy', async () => {
      const slack = await connect(BOB, 'slack', 'bob')
      const credential = issued(await world.issuers.slack.issue(personOrder(BOB, { slack }, post), soon()))
      expect(credential).toMatchObject({ narrowedBy: 'proxy', lifetime: 'short', upstreamExpiresAtMs: world.clock.nowMs() + 43_200_000 })
      const answer = await world.http(`${world.slack.origin}/api/auth.test`, { method: 'POST', headers: { authorization: `Bearer ${credential.secret.reveal()}` } })
      expect(await answer.json()).toMatchObject({ ok: true, user: 'bob' })
    })

    it('is for methods that only people may call too, and the bot’s is still the organisation’s', async () => {
      const slack = await connect(ALICE, 'slack', 'alice')
      const search = personOrder(ALICE, { slack }, { ...post, operation: 'search.messages', scopes: ['search:read'] })
      expect(await world.issuers.slack.issue(search, soon())).toMatchObject({ denial: 'connection_required', missingScopes: ['search:read'], link: `${OURS}/connect/slack` })
      expect(await world.issuers.slack.issue({ ...search, authority: 'organisation' }, soon())).toMatchObject({ denial: 'credential_refused' })
      issued(await world.issuers.slack.issue({ ...personOrder(ALICE, {}, post), authority: 'organisation' }, soon()))
    })

    it('is bounded although the token has no end', async () => {
      world.slack.rotateUserTokens(false)
      const slack = await connect(ALICE, 'slack', 'alice')
      expect(issued(await world.issuers.slack.issue(personOrder(ALICE, { slack }, post), soon()))).toMatchObject({ lifetime: 'static', expiresAtMs: world.clock.nowMs() + 3_600_000 })
    })
  })

  describe('at an upstream that speaks OAuth 2', () => {
    const read = { integration: 'tickets', operation: 'GET /v1/tickets', scopes: ['tickets:read'], targets: { kind: 'none' } } as const

    it('is the connection’s token, and what was not granted is not lent', async () => {
      world.tickets.oauth.grantNext(['tickets:read'])
      const tickets = await connect(ALICE, 'tickets', 'alice')
      const credential = issued(await world.issuers.tickets.issue(personOrder(ALICE, { tickets }, read), soon()))
      const answer = await world.http(`${world.tickets.origin}/v1/tickets`, { headers: { authorization: `Bearer ${credential.secret.reveal()}` } })
      expect(answer.status).toBe(200)
      expect(await world.issuers.tickets.issue(personOrder(ALICE, { tickets }, { ...read, scopes: ['comments:create'] }), soon()))
        .toMatchObject({ denial: 'connection_required', missingScopes: ['comments:create'] })
      expect(await world.issuers.tickets.issue({ ...personOrder(ALICE, { tickets }, read), authority: 'organisation' }, soon())).toMatchObject({ denial: 'credential_refused' })
    })
  })
})
