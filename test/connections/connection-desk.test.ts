import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { isDenial } from '../../src/model/denial.ts'
import type { ConnectionId } from '../../src/model/ids.ts'
import { ALICE, BOB, connectWorld, type ConnectWorld } from './connect-world.ts'
import { soon } from './person-orders.ts'

const HOUR_MS = 3_600_000

describe('the desk of connections', () => {
  let world: ConnectWorld
  beforeEach(async () => { world = await connectWorld() })

  const connect = async (integration: string, login: string): Promise<ConnectionId> => {
    await world.browser(ALICE).connect(integration, login)
    const connection = (await world.desk.of(ALICE)).find((one) => one.integration === integration)
    if (connection === undefined) throw new TypeError('not connected')
    return connection.id
  }
  const tokenOf = async (id: ConnectionId, desk = world.desk): Promise<string> => {
    const access = await desk.access(id, soon())
    return isDenial(access) ? access.denial : access.secret.reveal()
  }
  const refreshes = (): number => [world.github, world.slack, world.tickets]
    .flatMap(({ log }) => log.entries.map(({ method, path, body }) => method === 'POST' && /access_token$|oauth\.v2\.access$|oauth\/token$/.test(path) && body.includes('refresh_token=')))
    .filter(Boolean).length

  it('names what can be connected', () => {
    expect(world.desk.connectable()).toEqual([
      { integration: 'github', title: 'Connect GitHub' }, { integration: 'slack', title: 'Connect Slack' }, { integration: 'tickets', title: 'Connect Tickets' },
    ])
  })

  it.each([['github', 'alice-chen', 8], ['slack', 'alice', 12], ['tickets', 'alice', 1]] as const)(
    'gives the token of %s, and renews it shortly before it ends', async (integration, login, hours) => {
      const id = await connect(integration, login)
      const first = await tokenOf(id)
      world.clock.advance(hours * HOUR_MS - 5 * 60_000 - 1000)
      expect(await tokenOf(id)).toBe(first)
      world.clock.advance(1000)
      const second = await tokenOf(id)
      expect(second).not.toBe(first)
      expect(refreshes()).toBe(1)
      expect(await world.desk.get(id)).toMatchObject({ generation: 2, intent: undefined })
      expect(await world.desk.rejected(id, 2, soon())).toBe(integration === 'tickets')
    })

  it('renews once for a hundred callers of two processes', async () => {
    const id = await connect('github', 'alice-chen')
    world.clock.advance(8 * HOUR_MS)
    const desks = [world.desk, world.otherDesk()]
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, n) => tokenOf(id, desks[n % 2])))
    expect(new Set(tokens).size).toBe(1)
    expect(refreshes()).toBe(1)
  })

  it('asks for the person where the upstream refuses to renew, once, on record', async () => {
    const id = await connect('tickets', 'alice')
    const stored = await world.desk.get(id)
    // Another used the refresh token: everything that was made from it has ended.
    const { clientId: client_id, clientSecret: client_secret } = world.tickets.oauth
    const steal = (): Promise<Response> => world.http(`${world.tickets.origin}/oauth/token`, {
      method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id, client_secret, grant_type: 'refresh_token', refresh_token: stored?.tokens.refreshToken?.reveal() ?? '' }).toString(),
    })
    expect((await steal()).status).toBe(200)
    world.clock.advance(HOUR_MS)
    expect(await Promise.all([tokenOf(id), tokenOf(id, world.otherDesk()), tokenOf(id)])).toEqual(Array.from({ length: 3 }, () => 'connection_reauth_required'))
    expect(world.of('connection.reauth_required')).toMatchObject([{ connection: id, integration: 'tickets', user: { id: ALICE }, outcome: 'failed' }])
    expect(await world.desk.get(id)).toMatchObject({ state: 'reauth_required', stateReason: expect.stringContaining('invalid_grant') })
  })

  it('is unavailable, not dead, while the upstream is down', async () => {
    const id = await connect('github', 'alice-chen')
    world.clock.advance(8 * HOUR_MS)
    world.github.faults.failNext(1, 503, { path: /access_token$/ })
    await expect(tokenOf(id)).rejects.toMatchObject({ code: 'credential_unavailable' })
    expect(await world.desk.get(id)).toMatchObject({ state: 'active', intent: { unfinished: true } })
    world.clock.advance(2000)
    expect(await tokenOf(id)).toMatch(/^ghu_/)
    expect(world.events.filter(({ event }) => event === 'connection.reauth_required')).toEqual([])
  })

  it('takes nobody’s word that a token is dead: it asks, and not at every call', async () => {
    const id = await connect('github', 'alice-chen')
    const before = await tokenOf(id)
    const asked = (): number => world.github.log.entries.filter(({ path }) => path === '/user').length
    const once = asked()
    for (let n = 0; n < 5; n += 1) expect(await world.desk.rejected(id, undefined, soon())).toBe(false)
    expect(asked()).toBe(once + 1)
    expect(await tokenOf(id)).toBe(before)
    world.github.oauth.revokeGrant('alice-chen')
    world.clock.advance(10_000)
    expect(await world.desk.rejected(id, undefined, soon())).toBe(true)
    expect(await tokenOf(id)).toBe('connection_reauth_required')
  })

  it('says of a token without end that its time is over only when the upstream says so', async () => {
    world.slack.rotateUserTokens(false)
    const id = await connect('slack', 'alice')
    world.clock.advance(1000 * HOUR_MS)
    expect(await tokenOf(id)).toMatch(/^xoxp-/)
    world.slack.revokeAll()
    expect(await world.desk.rejected(id, undefined, soon())).toBe(true)
    expect(await tokenOf(id)).toBe('connection_reauth_required')
  })

  it.each([['github', 'alice-chen'], ['slack', 'alice'], ['tickets', 'alice']] as const)('ends one at %s, here and there', async (integration, login) => {
    const id = await connect(integration, login)
    const token = await tokenOf(id)
    expect(await world.desk.end(id, 'taken back')).toBeUndefined()
    expect(await tokenOf(id)).toBe('connection_required')
    expect(await world.desk.of(ALICE)).toEqual([])
    const oauth = world.oauth.get(integration)
    if (integration === 'tickets') expect(world.tickets.oauth.liveTokens()).toBe(0)
    else expect(await oauth?.account(new Secret(token), soon())).toEqual({ kind: 'dead' })
    expect(await world.desk.end(id, 'again')).toBeUndefined()
  })

  it('ends one whose token has run out all the same', async () => {
    const id = await connect('github', 'alice-chen')
    world.clock.advance(9 * HOUR_MS)
    expect(await world.desk.end(id, 'taken back')).toBeUndefined()
    expect(world.github.oauth.liveTokens()).toEqual([])
  })

  it('ends no more than these tokens where a colleague uses the same account', async () => {
    const id = await connect('github', 'alice-chen')
    await world.browser(BOB).connect('github', 'alice-chen')
    await world.desk.end(id, 'taken back')
    const [theirs] = await world.desk.of(BOB)
    expect(await tokenOf(theirs?.id as ConnectionId)).toMatch(/^ghu_/)
    expect(world.github.oauth.liveTokens()).toHaveLength(1)
  })

  it('ends here at once, and says what was left, where the upstream does not answer', async () => {
    const id = await connect('github', 'alice-chen')
    world.github.faults.failNext(1, 500, { method: 'DELETE' })
    expect(await world.desk.end(id, 'taken back')).toContain('GitHub could not be brought to end')
    expect(await tokenOf(id)).toBe('connection_required')
  })

  it('lets no token live that was renewed while its connection was ended', async () => {
    const id = await connect('github', 'alice-chen')
    world.clock.advance(8 * HOUR_MS)
    const hold = world.github.faults.holdNext({ path: /access_token$/ })
    const renewing = tokenOf(id)
    await hold.reached
    const ending = world.connections.revoke(id, 'taken back')
    await ending
    hold.release()
    expect(await renewing).toBe('connection_required')
    await world.desk.idle()
    expect(world.github.oauth.liveTokens()).toEqual([])
  })
})
