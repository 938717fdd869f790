import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostern, isPosternError, login, type LoginOptions, type Session, type SessionStore, type StoredSession } from '../../src/sdk/index.ts'
import { systemEnvironment, type Environment } from '../../src/sdk/environment.ts'
import { loginAt } from '../../src/sdk/login/login.ts'
import { AuthorityClient } from '../../src/sdk/oauth/authority-client.ts'
import { BrowserApi, delegationOf, outcome, READ_PULLS, sessionOf } from '../authority/support/calls.ts'
import { startAuthorityWorld, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'

let world: AuthorityWorld
let alice: WorldBrowser
beforeAll(async () => {
  world = await startAuthorityWorld({ personAuthority: false })
  alice = await world.signedIn('alice')
})
afterAll(() => world.close())

const client = (): { authorityUrl: string; clientId: string } => ({ authorityUrl: world.url, clientId: 'pr-reviewer' })
const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => { throw new Error('nothing was refused') }, (error: unknown) => error)

/** Alice's browser, sent to the page as the agent's `openUrl` does; it then follows the answer to the agent's own port. */
const browse = (answer: 'approve' | 'deny' = 'approve', change: (callback: URL) => URL = (url) => url, seen: Response[] = []) => async (page: string): Promise<void> => {
  const redirect = new URL(page).searchParams.get('redirect_uri') ?? ''
  await alice.get(page, { stop: redirect })
  await alice.submit({ answer })
  const onward = alice.onward() ?? ''
  if (!onward.startsWith(redirect)) await alice.get(new URL(onward, world.url).href, { stop: redirect })
  seen.push(await fetch(change(new URL(onward.startsWith(redirect) ? onward : alice.url))))
}

/** A store that keeps everything that was ever saved. */
function memory(first?: StoredSession): SessionStore & { readonly saved: StoredSession[]; now(): StoredSession | undefined } {
  const saved: StoredSession[] = []
  let kept = first
  return {
    saved,
    now: () => kept,
    load: () => Promise.resolve(kept),
    save: (session) => { saved.push(session); kept = session; return Promise.resolve() },
    clear: () => { kept = undefined; return Promise.resolve() },
  }
}

/** The machine's network with a clock that runs when somebody sleeps or says so. */
function fastEnvironment(): Environment & { advance(ms: number): void; readonly slept: number[] } {
  const system = systemEnvironment(undefined)
  let aheadMs = 0
  const slept: number[] = []
  return {
    ...system,
    slept,
    advance: (ms) => { aheadMs += ms },
    nowMs: () => system.nowMs() + aheadMs,
    monotonicMs: () => system.monotonicMs() + aheadMs,
    sleep: async (ms, signal) => {
      slept.push(ms)
      aheadMs += ms
      await system.sleep(1, signal)
    },
  }
}

describe('login by a browser on this machine', () => {
  it('begins a run with what the person approved, and its token serves', async () => {
    const seen: Response[] = []
    const session = await login({ ...client(), access: [READ_PULLS], openUrl: browse('approve', undefined, seen) })
    const token = await session.accessToken()
    expect(await outcome(world, token)).toBe('200')
    expect([session.scope, session.authorizationDetails]).toEqual(['github:pulls:read', [{ type: 'postern', ...READ_PULLS }]])
    expect(session.expiresAt.getTime()).toBeGreaterThan(Date.now() + 300_000)
    expect((await createPostern(client()).require('github', () => session.accessToken(), { scope: 'pulls:read' })).integration).toBe('github')
    const [page] = seen
    expect([page?.status, page?.headers.get('content-security-policy'), await page?.text()]).toEqual([200, expect.stringContaining("default-src 'none'"), expect.stringContaining('You can close this page.')])
    // its port is closed
    await expect(fetch(page?.url ?? '')).rejects.toThrow('fetch failed')
    expect(JSON.stringify(session)).not.toContain(token)
  })

  it('sends PKCE with S256, a state, and a port of 127.0.0.1, and asks for the scope', async () => {
    let page = new URL('http://x')
    await login({ ...client(), scope: ['github:pulls:read', 'github:contents:read'], openUrl: (url) => { page = new URL(url); return browse()(url) } })
    expect(Object.fromEntries(page.searchParams)).toEqual({
      response_type: 'code', client_id: 'pr-reviewer', code_challenge_method: 'S256', code_challenge: expect.stringMatching(/^[\w-]{43}$/), state: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/), scope: 'github:contents:read github:pulls:read',
    })
    expect(page.searchParams.get('code_challenge')).not.toBe(createHash('sha256').update(page.searchParams.get('state') ?? '').digest('base64url'))
  })

  it('says that the person said no', async () => {
    expect(await failure(login({ ...client(), access: [READ_PULLS], openUrl: browse('deny') }))).toMatchObject({ name: 'LoginFailedError', code: 'access_denied' })
  })

  it.each([
    ['another authority’s', 'it is of another authority', (url: URL) => { url.searchParams.set('iss', 'https://evil.example'); return url }],
    ['without an issuer', 'it is of another authority', (url: URL) => { url.searchParams.delete('iss'); return url }],
    ['with two codes', 'it says something twice', (url: URL) => { url.searchParams.append('code', 'x'); return url }],
    ['without a code', 'it has no code', (url: URL) => { url.searchParams.delete('code'); return url }],
  ])('takes no answer %s', async (_what, why, change) => {
    expect(await failure(login({ ...client(), access: [READ_PULLS], openUrl: browse('approve', change) }))).toMatchObject({ name: 'LoginFailedError', code: 'login_answer_refused', message: expect.stringContaining(why) })
  })

  it('waits on when somebody else knocks: with another state, path or host, or a second time', async () => {
    const statuses: number[] = []
    const knock = async (url: URL, init: RequestInit = {}): Promise<void> => { statuses.push((await fetch(url, init)).status) }
    const session = await login({
      ...client(), access: [READ_PULLS],
      openUrl: async (page) => {
        const at = new URL(new URL(page).searchParams.get('redirect_uri') ?? '')
        const state = new URL(page).searchParams.get('state') ?? ''
        await knock(new URL('?code=stolen&state=guessed', at))
        await knock(new URL(`/other?code=stolen&state=${state}`, at))
        await knock(new URL(`?code=stolen&state=${state}&state=${state}`, at))
        await knock(new URL(`?code=stolen&state=${state}`, at), { method: 'POST' })
        await knock(new URL(`http://localhost:${at.port}/callback?code=stolen&state=${state}`)).catch(() => statuses.push(404))
        await browse()(page)
      },
    })
    expect(statuses).toEqual([404, 404, 404, 404, 404])
    expect(await outcome(world, await session.accessToken())).toBe('200')
  })

  it('ends when nobody signs in, when the program says so, and when no page can be opened', async () => {
    const never = { ...client(), access: [READ_PULLS], openUrl: () => undefined }
    expect(await failure(login({ ...never, loginTimeoutMs: 50 }))).toMatchObject({ name: 'LoginFailedError', code: 'login_timeout' })
    expect(await failure(login({ ...never, signal: AbortSignal.abort(new Error('enough')) }))).toMatchObject({ message: 'enough' })
    expect(await failure(login({ ...never, openUrl: () => { throw new Error('no browser') } }))).toMatchObject({ message: 'no browser' })
  })

  it('adds to a run that goes on', async () => {
    const session = await login({ ...client(), access: [READ_PULLS], openUrl: browse() })
    const token = await session.accessToken()
    const wider = await login({ ...client(), scope: 'github:contents:read', session: sessionOf(token), openUrl: browse() })
    expect(delegationOf(await wider.accessToken())).toBe(delegationOf(token))
  })

  it.each([
    ['nothing is asked for', {}],
    ['the path is none', { scope: 'github:pulls:read', redirectPath: '/a?b' }],
  ])('is misused where %s', async (_what, options) => {
    expect(await failure(login({ ...client(), openUrl: () => undefined, ...options }))).toMatchObject({ name: 'ConfigurationError', code: 'misconfigured' })
  })
})

describe('login on another device', () => {
  const start = (environment: Environment, onUserCode: (prompt: { completeUrl: string | undefined; userCode: string }) => void | Promise<void>, more: Partial<LoginOptions> = {}): Promise<Session> => {
    const options = { ...client(), flow: 'device', scope: 'github:pulls:read', onUserCode, ...more } as LoginOptions
    return loginAt(new AuthorityClient(options, environment), options)
  }
  const confirm = (answer: string) => async ({ completeUrl, userCode }: { completeUrl: string | undefined; userCode: string }): Promise<void> => {
    await alice.get(completeUrl ?? '')
    await alice.submit()
    expect(alice.text()).toContain(userCode)
    await alice.submit({ answer })
  }

  it('shows a code, asks at the authority’s pace, and has the token once the person approved', async () => {
    const environment = fastEnvironment()
    const session = await start(environment, confirm('approve'))
    expect(await outcome(world, await session.accessToken())).toBe('200')
    expect(environment.slept).toEqual([5_000])
  })

  it('says that the person said no, and that nobody came', async () => {
    expect(await failure(start(fastEnvironment(), confirm('deny')))).toMatchObject({ name: 'LoginFailedError', code: 'access_denied' })
    const environment = fastEnvironment()
    expect(await failure(start(environment, () => undefined))).toMatchObject({ name: 'LoginFailedError', code: 'expired_token' })
    // The authority's clock is the real one: it is asked too early each time, and slower each time.
    expect(environment.slept.slice(0, 4)).toEqual([5_000, expect.any(Number), expect.any(Number), expect.any(Number)])
    expect(environment.slept.every((ms, at) => at === 0 || ms === (environment.slept[at - 1] ?? 0) || ms === (environment.slept[at - 1] ?? 0) + 5_000)).toBe(true)
    expect(environment.slept.at(-1)).toBeGreaterThan(5_000)
  })
})

describe('a session', () => {
  const begun = async (environment: Environment, store?: SessionStore): Promise<Session> => {
    const options: LoginOptions = { ...client(), access: [READ_PULLS], openUrl: browse(), ...(store === undefined ? {} : { store }) }
    return loginAt(new AuthorityClient(options, environment), options)
  }

  it('renews its token when it is needed, once for all who ask, and keeps the new one before anybody has it', async () => {
    const [environment, store] = [fastEnvironment(), memory()]
    const session = await begun(environment, store)
    const first = await session.accessToken()
    expect([await session.accessToken(), store.saved.length]).toEqual([first, 1])
    let renewed = 0
    const off = session.onRenewed(() => { renewed += store.saved.length })
    environment.advance(570_000)
    const asked = await Promise.all(Array.from({ length: 20 }, () => session.accessToken()))
    expect([new Set(asked).size, asked[0] === first, renewed, store.now()?.accessToken]).toEqual([1, false, 2, asked[0]])
    expect(new Set(store.saved.map(({ refreshToken }) => refreshToken)).size).toBe(2)
    off()
    environment.advance(570_000)
    expect([await outcome(world, await session.accessToken()), renewed]).toEqual(['200', 2])
  })

  it('is renewed when the program says so, and then says what the person has approved meanwhile', async () => {
    const session = await login({ ...client(), scope: 'github:pulls:read', openUrl: browse() })
    const before = await session.accessToken()
    expect(await session.accessToken()).toBe(before)
    const [one, other] = await Promise.all([session.renew(), session.renew()])
    expect([one === before, other === before]).toEqual([false, false])
    expect(await session.accessToken()).toBe(other)
    await login({ ...client(), scope: 'github:issues:read', session: sessionOf(before), openUrl: browse() })
    await session.renew()
    expect(session.scope.split(' ').sort()).toEqual(['github:issues:read', 'github:pulls:read'])
  })

  it('goes on from the store without a person, and begins anew where it was kept for something else, or has ended', async () => {
    const [environment, store] = [fastEnvironment(), memory()]
    await begun(environment, store)
    const nobody: LoginOptions = { ...client(), access: [READ_PULLS], store, openUrl: () => { throw new Error('a person is needed') } }
    const resumed = await login(nobody)
    expect(await outcome(world, await resumed.accessToken())).toBe('200')
    expect(await failure(login({ ...nobody, access: [{ ...READ_PULLS, scopes: ['contents:read'] }] }))).toMatchObject({ message: 'a person is needed' })
    await (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(await resumed.accessToken())}/revoke`)
    // Its token has not ended yet: what was kept is asked for anew at each start.
    expect(await failure(login(nobody))).toMatchObject({ message: 'a person is needed' })
    expect(store.now()).toBeUndefined()
  })

  it('is over once the person has revoked it, and says so to everybody from then on', async () => {
    const environment = fastEnvironment()
    const session = await begun(environment)
    await (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(await session.accessToken())}/revoke`)
    environment.advance(570_000)
    const over = await failure(session.accessToken())
    expect(over).toMatchObject({ name: 'DelegationEndedError', status: 400 })
    expect(await failure(session.accessToken())).toBe(over)
  })

  it('is ended at the authority by logout, and forgotten here', async () => {
    const store = memory()
    const session = await begun(fastEnvironment(), store)
    const token = await session.accessToken()
    await session.logout()
    expect(await outcome(world, token)).toMatch(/^403 (session_ended|delegation_revoked)$/)
    expect(store.now()).toBeUndefined()
    expect(isPosternError(await failure(session.accessToken()), 'logged_out')).toBe(true)
    await session.logout()
  })
})
