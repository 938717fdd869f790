import { describe, expect, it } from 'vitest'
import { importedConnection } from '../../../src/integrations/slack/imported-connection.ts'
import type { RefreshOutcome } from '../../../src/integrations/rotation/refresh-outcome.ts'
import { type ReauthNotice, RotatingToken, type RotatingTokenOptions } from '../../../src/integrations/rotation/rotating-token.ts'
import { ROTATION_TIMES } from '../../../src/integrations/rotation/rotation-times.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { isDenial } from '../../../src/model/denial.ts'
import type { Connections } from '../../../src/store/ports/connections.ts'
import { StoreError } from '../../../src/store/store-error.ts'
import { temporaryStore } from '../../store/temporary-store.ts'

const KEY = { integration: 'slack', owner: 'organisation', label: 'bot' } as const
const HOURS_12 = 12 * 3_600_000
const UNAVAILABLE = { code: 'credential_unavailable' }
const NEVER = new AbortController().signal

/** Slack's side of rotation: each refresh token is good once. */
class Chain {
  live = 'refresh-0'
  asked: string[] = []
  next: 'rotate' | 'lose the answer' | 'no answer' | 'busy' = 'rotate'
  #count = 0
  readonly clock: { now: number }

  constructor(clock: { now: number }) {
    this.clock = clock
  }

  readonly refresh = async (token: Secret): Promise<RefreshOutcome> => {
    const text = token.reveal()
    this.asked.push(text)
    await Promise.resolve()
    if (this.next === 'busy') return { kind: 'not_processed', reason: 'ratelimited', retryAfterMs: 7000 }
    if (this.next === 'no answer') return { kind: 'unknown', reason: 'no answer' }
    if (text !== this.live) return { kind: 'dead', reason: 'invalid_refresh_token' }
    this.live = `refresh-${++this.#count}`
    if (this.next === 'lose the answer') return { kind: 'unknown', reason: 'no answer' }
    const tokens = {
      accessToken: new Secret(`access-${this.#count}`), accessExpiresAtMs: this.clock.now + HOURS_12, refreshToken: new Secret(this.live),
    }
    return { kind: 'rotated', successor: { scopes: ['chat:write'], tokens } }
  }
}

async function bench() {
  const under = await temporaryStore()
  const chain = new Chain(under.clock)
  const notices: ReauthNotice[] = []
  const make = ({ configured = new Secret('refresh-0'), ...options }: Partial<RotatingTokenOptions> & { configured?: Secret } = {}): RotatingToken => new RotatingToken({
    connections: under.store.connections, load: () => importedConnection(options.connections ?? under.store.connections, KEY, configured), refresh: chain.refresh,
    upstream: 'Slack', remedy: 'Install the Slack app again.',
    onReauthRequired: (notice) => notices.push(notice), times: ROTATION_TIMES,
    clock: { nowMs: () => under.clock.now, monotonicMs: () => under.clock.now },
    wait: async (ms) => { under.clock.now += ms },
    ...options,
  })
  const stored = async () => {
    const connection = await under.store.connections.find(KEY)
    if (connection === undefined) throw new TypeError('nothing is stored')
    return connection
  }
  return { ...under, chain, notices, make, stored, connections: under.store.connections }
}

async function accessOf(token: RotatingToken): Promise<string> {
  const result = await token.current(NEVER)
  return isDenial(result) ? result.denial : (result.tokens.accessToken?.reveal() ?? 'none')
}

describe('a rotating token', () => {
  it('trades the configured refresh token once and keeps what Slack gives', async () => {
    const { make, chain, stored } = await bench()
    const token = make()
    expect(await accessOf(token)).toBe('access-1')
    expect(await accessOf(token)).toBe('access-1')
    expect(chain.asked).toEqual(['refresh-0'])
    expect((await stored()).tokens.refreshToken?.reveal()).toBe('refresh-1')
  })

  it('is traded once by a hundred callers of two processes', async () => {
    const { make, chain, reopen } = await bench()
    const other = await reopen()
    const tokens = [make(), make({ connections: other.connections })]
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => accessOf(tokens[n % 2] ?? make())))
    expect(new Set(results)).toEqual(new Set(['access-1']))
    expect(chain.asked).toEqual(['refresh-0'])
  })

  it('is renewed half an hour before it ends, by the successor', async () => {
    const { make, chain, clock } = await bench()
    const token = make()
    await accessOf(token)
    clock.now += HOURS_12 - ROTATION_TIMES.refreshAheadMs - 1
    expect(await accessOf(token)).toBe('access-1')
    clock.now += 1
    expect(await accessOf(token)).toBe('access-2')
    expect(chain.asked).toEqual(['refresh-0', 'refresh-1'])
  })

  it('goes on after a restart with the stored successor, not with the configured token', async () => {
    const { make, chain, clock } = await bench()
    await accessOf(make())
    clock.now += HOURS_12
    expect(await accessOf(make())).toBe('access-2')
    expect(chain.asked).toEqual(['refresh-0', 'refresh-1'])
  })

  it('takes a configured token that was never seen, and does not fall back when an older configuration returns', async () => {
    const { make, chain, notices, stored } = await bench()
    await accessOf(make())
    chain.live = 'brought by a person'
    expect(await accessOf(make({ configured: new Secret('brought by a person') }))).toBe('access-2')
    expect(await accessOf(make({ configured: new Secret('refresh-0') }))).toBe('access-2')
    expect(chain.asked).toEqual(['refresh-0', 'brought by a person'])
    expect((await stored()).imported).toHaveLength(2)
    expect(notices).toEqual([])
  })

  it('serves the old token while Slack is busy, and asks again only after the time that Slack named', async () => {
    const { make, chain, clock } = await bench()
    const token = make()
    await accessOf(token)
    clock.now += HOURS_12 - ROTATION_TIMES.refreshAheadMs
    chain.next = 'busy'
    expect(await accessOf(token)).toBe('access-1')
    clock.now += 6999
    expect(await accessOf(token)).toBe('access-1')
    expect(chain.asked).toHaveLength(2)
    chain.next = 'rotate'
    clock.now += 1
    expect(await accessOf(token)).toBe('access-2')
  })

  it('is unavailable, not dead, once the old token is too old and Slack does not answer', async () => {
    const { make, chain, stored, notices } = await bench()
    chain.next = 'no answer'
    await expect(accessOf(make())).rejects.toMatchObject({ code: 'credential_unavailable', message: expect.stringContaining('no answer') })
    expect(await stored()).toMatchObject({ state: 'active', intent: { unfinished: true } })
    expect(notices).toEqual([])
  })

  it('backs off longer each time, up to a minute', async () => {
    const { make, chain, clock } = await bench()
    const token = make()
    chain.next = 'no answer'
    const pauses: number[] = []
    for (let n = 0; n < 9; n++) {
      await expect(accessOf(token)).rejects.toMatchObject(UNAVAILABLE)
      const [asked, from] = [chain.asked.length, clock.now]
      while (chain.asked.length === asked) {
        clock.now += 250
        await expect(accessOf(token)).rejects.toMatchObject(UNAVAILABLE)
      }
      pauses.push(clock.now - from)
    }
    expect(pauses[0]).toBeLessThanOrEqual(2250)
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(30_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_250)
  })

  it('tries the old refresh token once more after an unfinished attempt, and goes on where Slack had not used it', async () => {
    const { make, clock, connections } = await bench()
    const crashed = await importedConnection(connections, KEY, new Secret('refresh-0'))
    await connections.beginRefresh(crashed.id, crashed.version, 'crashed', ROTATION_TIMES.leaseMs)
    const from = clock.now
    expect(await accessOf(make())).toBe('access-1')
    expect(clock.now - from).toBeGreaterThanOrEqual(ROTATION_TIMES.leaseMs)
  })

  it('asks for a person, once, where a crash lost the answer', async () => {
    const { make, chain, clock, notices, stored } = await bench()
    const token = make()
    chain.next = 'lose the answer'
    await expect(accessOf(token)).rejects.toMatchObject(UNAVAILABLE)
    chain.next = 'rotate'
    clock.now += 5000
    expect(await accessOf(token)).toBe('connection_reauth_required')
    expect(await accessOf(token)).toBe('connection_reauth_required')
    expect(await accessOf(make())).toBe('connection_reauth_required')
    expect(chain.asked).toEqual(['refresh-0', 'refresh-0'])
    expect(notices).toEqual([{ connection: (await stored()).id, integration: 'slack', reason: expect.stringMatching(/cut off before its answer was stored\. Install/) }])
  })

  it('is usable again with the token that the person brings', async () => {
    const { make, chain } = await bench()
    chain.live = 'something else'
    expect(await accessOf(make())).toBe('connection_reauth_required')
    expect(await accessOf(make({ configured: new Secret('something else') }))).toBe('access-1')
  })

  it('is not declared dead where another process has just traded the same refresh token', async () => {
    const { make, chain, connections, stored, notices } = await bench()
    await accessOf(make())
    const before = await stored()
    const slow = make({
      times: { ...ROTATION_TIMES, refreshAheadMs: HOURS_12 + 1, refreshAheadShare: 2 },
      refresh: async (token) => {
        const won = await chain.refresh(token)
        if (chain.asked.length > 2 || won.kind !== 'rotated') return won
        await connections.completeRefresh(before.id, before.generation, { tokens: won.successor.tokens, scopes: won.successor.scopes ?? [] })
        return { kind: 'dead', reason: 'invalid_refresh_token' }
      },
    })
    expect(await accessOf(slow)).toBe('access-3')
    expect(chain.asked).toEqual(['refresh-0', 'refresh-1', 'refresh-2'])
    expect((await stored()).state).toBe('active')
    expect(notices).toEqual([])
  })

  it('hands out nothing that the store could not keep, and keeps it as soon as the store can', async () => {
    const { make, chain, connections, stored } = await bench()
    let full = true
    const failing: Connections = Object.assign(Object.create(connections) as Connections, {
      completeRefresh: (...change: Parameters<Connections['completeRefresh']>) =>
        full ? Promise.reject(new StoreError('store_full', 'The disk is full.')) : connections.completeRefresh(...change),
      ...bound(connections),
    })
    const token = make({ connections: failing })
    await expect(accessOf(token)).rejects.toMatchObject({ code: 'credential_unavailable', message: 'The disk is full.' })
    await expect(accessOf(token)).rejects.toMatchObject({ code: 'credential_unavailable' })
    expect(chain.asked).toEqual(['refresh-0'])
    full = false
    expect(await accessOf(token)).toBe('access-1')
    expect((await stored()).tokens.refreshToken?.reveal()).toBe('refresh-1')
    expect(chain.asked).toEqual(['refresh-0'])
  })

  it('lets a caller go away without stopping the refresh', async () => {
    const { make, stored } = await bench()
    const gone = new AbortController()
    const token = make()
    const waiting = token.current(gone.signal)
    gone.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'credential_unavailable' })
    expect(await accessOf(token)).toBe('access-1')
    expect((await stored()).tokens.refreshToken?.reveal()).toBe('refresh-1')
  })

  it('says when nothing is under way any more, so that the store can be closed', async () => {
    const { make, chain, stored } = await bench()
    const answer = Promise.withResolvers<undefined>()
    const token = make({ refresh: async (refreshToken) => { await answer.promise; return chain.refresh(refreshToken) } })
    await token.idle()
    const gone = new AbortController()
    const waiting = token.current(gone.signal)
    gone.abort()
    await expect(waiting).rejects.toMatchObject(UNAVAILABLE)
    const order: string[] = []
    const idle = token.idle().then(() => order.push('idle'))
    answer.promise.then(() => order.push('answered'), () => undefined)
    answer.resolve(undefined)
    await idle
    expect(order).toEqual(['answered', 'idle'])
    expect((await stored()).tokens.refreshToken?.reveal()).toBe('refresh-1')
  })

  it('says that a connection is needed once it was revoked, and a restart does not bring it back', async () => {
    const { make, connections, stored } = await bench()
    const token = make()
    await accessOf(token)
    await connections.revoke((await stored()).id, 'taken back')
    expect(await accessOf(token)).toBe('connection_required')
    expect(await accessOf(make())).toBe('connection_required')
  })
})

/** Methods with private fields want their own object. */
function bound(connections: Connections): Partial<Connections> {
  return {
    get: (id) => connections.get(id),
    create: (draft) => connections.create(draft),
    beginRefresh: (...attempt) => connections.beginRefresh(...attempt),
    failRefresh: (...failure) => connections.failRefresh(...failure),
  }
}
