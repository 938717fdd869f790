import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemEnvironment, type Environment } from '../../src/sdk/environment.ts'
import { RenewingSession } from '../../src/sdk/login/renewing-session.ts'
import type { SessionStore, StoredSession } from '../../src/sdk/index.ts'
import { AuthorityClient } from '../../src/sdk/oauth/authority-client.ts'
import { startFakeAuthority, type FakeAnswer, type FakeAuthority } from './support/fake-authority.ts'

const LIFE_MS = 600_000
/** Between renewals that could not be had. */
const COOL_DOWN_MS = 5_000
const open: FakeAuthority[] = []
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())))

interface World {
  readonly session: RenewingSession
  readonly authority: FakeAuthority
  /** Tokens that the authority was shown for renewal. */
  shown(): readonly (string | null)[]
  pass(ms: number): void
}

/** A session before an authority that answers each renewal with the next pair, unless the test says otherwise. */
async function sessionOf(answer: (at: number) => FakeAnswer | Promise<FakeAnswer | undefined> | undefined = () => undefined, store?: SessionStore): Promise<World> {
  const authority = await startFakeAuthority(async (form, at) => await answer(at) ?? (form.has('token') ? {} : { body: pair(at) }))
  open.push(authority)
  let aheadMs = 0
  const system = systemEnvironment(undefined)
  const environment: Environment = { ...system, nowMs: () => system.nowMs() + aheadMs, monotonicMs: () => system.monotonicMs() + aheadMs }
  const client = new AuthorityClient({ authorityUrl: authority.url, clientId: 'x' }, environment)
  const first: StoredSession = { issuer: authority.url, clientId: 'x', asked: '{}', accessToken: 'access-0', refreshToken: 'refresh-0', expiresAtMs: system.nowMs() + LIFE_MS, scope: 's', authorizationDetails: [] }
  return {
    authority,
    session: new RenewingSession(first, client, store, false),
    shown: () => authority.forms.map((form) => form.get('refresh_token') ?? form.get('token')),
    pass: (ms) => { aheadMs += ms },
  }
}
const pair = (at: number): object => ({ access_token: `access-${at}`, refresh_token: `refresh-${at}`, token_type: 'Bearer', expires_in: LIFE_MS / 1000 })
const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => { throw new Error('nothing was refused') }, (error: unknown) => error)

describe('a session that is renewed', () => {
  it('is renewed in the last minute and not before, each refresh token being shown once', async () => {
    const { session, shown, pass } = await sessionOf()
    pass(LIFE_MS - 61_000)
    expect([await session.accessToken(), shown()]).toEqual(['access-0', []])
    pass(2_000)
    expect(await Promise.all([session.accessToken(), session.accessToken()])).toEqual(['access-1', 'access-1'])
    pass(LIFE_MS - 30_000)
    expect([await session.accessToken(), shown()]).toEqual(['access-2', ['refresh-0', 'refresh-1']])
  })

  it('goes on when whoever asked has left: what it brought is there for the next', async () => {
    const answered = Promise.withResolvers<undefined>()
    const { session, shown, pass } = await sessionOf(() => answered.promise)
    pass(LIFE_MS - 10_000)
    const leaving = new AbortController()
    const left = session.accessToken({ signal: leaving.signal })
    leaving.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    const next = session.accessToken()
    answered.resolve(undefined)
    expect([await next, shown()]).toEqual(['access-1', ['refresh-0']])
  })

  it('asks again with the same token where the answer was lost, which the authority takes for the same renewal', async () => {
    const { session, shown, pass } = await sessionOf((at) => (at === 1 ? 'drop' : undefined))
    pass(LIFE_MS - 10_000)
    expect([await session.accessToken(), shown()]).toEqual(['access-2', ['refresh-0', 'refresh-0']])
  })

  it('waits for an answer no longer than that it can ask for the same successor again, within the 20 seconds that the authority keeps it', async () => {
    const { session, pass } = await sessionOf()
    pass(LIFE_MS - 10_000)
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    try {
      await session.accessToken()
      const [waitMs = Infinity] = timeout.mock.calls.at(-1) ?? []
      expect(waitMs + COOL_DOWN_MS).toBeLessThan(20_000)
    } finally {
      timeout.mockRestore()
    }
  })

  it('serves its present token while the authority is away, asks no more than every five seconds, and fails when the token is at its end', async () => {
    const { session, authority, pass } = await sessionOf(() => ({ status: 503, body: {} }))
    pass(LIFE_MS - 30_000)
    expect(await Promise.all([session.accessToken(), session.accessToken()])).toEqual(['access-0', 'access-0'])
    expect([await session.accessToken(), authority.forms.length]).toEqual(['access-0', 1])
    pass(6_000)
    expect([await session.accessToken(), authority.forms.length]).toEqual(['access-0', 2])
    pass(20_000)
    expect(await failure(session.accessToken())).toMatchObject({ name: 'UnavailableError', code: 'temporarily_unavailable' })
  })

  it('hands out no token that its store does not have, and tries to keep it again', async () => {
    const saved: string[] = []
    let broken = true
    const store: SessionStore = {
      load: () => Promise.resolve(undefined), clear: () => Promise.resolve(),
      save: ({ accessToken }) => (broken ? Promise.reject(new Error('disk full')) : Promise.resolve(void saved.push(accessToken))),
    }
    const { session, shown, pass } = await sessionOf(undefined, store)
    expect(await failure(session.accessToken())).toMatchObject({ name: 'UnavailableError', code: 'store_failed' })
    broken = false
    expect([await session.accessToken(), saved]).toEqual(['access-0', ['access-0']])
    broken = true
    pass(LIFE_MS - 10_000)
    for (let time = 0; time < 2; time += 1) expect(await failure(session.accessToken())).toMatchObject({ code: 'store_failed' })
    broken = false
    expect([await session.accessToken(), saved, shown()]).toEqual(['access-1', ['access-0', 'access-1'], ['refresh-0']])
  })

  it('is over for good when the authority says so, and its store forgets it', async () => {
    let cleared = 0
    const store: SessionStore = { load: () => Promise.resolve(undefined), save: () => Promise.resolve(), clear: () => { cleared += 1; return Promise.reject(new Error('read-only')) } }
    const { session, shown, pass } = await sessionOf(() => ({ status: 400, body: { error: 'invalid_grant' } }), store)
    await session.accessToken()
    pass(LIFE_MS)
    const over = await failure(session.accessToken())
    expect([over, cleared]).toEqual([expect.objectContaining({ name: 'DelegationEndedError', code: 'invalid_grant' }), 1])
    expect([await failure(session.accessToken()) === over, shown()]).toEqual([true, ['refresh-0']])
  })
})

describe('a logout', () => {
  it('waits for a renewal that is under way, and revokes what that brought', async () => {
    const answered = Promise.withResolvers<undefined>()
    const { session, shown, pass } = await sessionOf((at) => (at === 1 ? answered.promise : undefined))
    pass(LIFE_MS - 10_000)
    const renewed = failure(session.accessToken())
    const ended = session.logout()
    answered.resolve(undefined)
    await ended
    expect([await renewed, shown()]).toEqual([expect.objectContaining({ code: 'logged_out' }), ['refresh-0', 'refresh-1']])
  })

  it('forgets the session though the authority cannot be told, and can be called again', async () => {
    let cleared = 0
    const store: SessionStore = { load: () => Promise.resolve(undefined), save: () => Promise.resolve(), clear: () => { cleared += 1; return Promise.resolve() } }
    const { session, shown } = await sessionOf((at) => (at === 1 ? { status: 503, body: {} } : undefined), store)
    expect(await failure(session.logout())).toMatchObject({ name: 'UnavailableError' })
    expect(await failure(session.accessToken())).toMatchObject({ code: 'logged_out' })
    await session.logout()
    expect([cleared, shown()]).toEqual([2, ['refresh-0', 'refresh-0']])
  })
})
