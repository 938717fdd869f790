import { beforeEach, describe, expect, it } from 'vitest'
import { ALICE, BOB, connectWorld, OURS, pathOf, textOf, type ConnectWorld } from './connect-world.ts'

describe('a person connects', () => {
  let world: ConnectWorld
  beforeEach(async () => { world = await connectWorld() })

  it.each([
    ['github', 'alice-chen', { account: { id: '9101', name: 'alice-chen' }, scopes: [], label: 'alice-chen' }],
    ['slack', 'alice', { account: { id: 'T0ACME/U0ALICE', name: 'alice (Acme)' }, scopes: ['chat:write', 'channels:history'] }],
    ['tickets', 'alice', { account: undefined, scopes: ['tickets:read', 'comments:create'], label: 'default' }],
  ])('%s, and sees what was granted; the record says who, what and which scopes', async (integration, login, expected) => {
    const browser = world.browser(ALICE)
    const first = await textOf(await browser.open(`/connect/${integration}?return=/connections`))
    expect(first).toContain('alice@acme.com')
    const last = await browser.connect(integration, login, { return: '/connections' })
    expect(last).toContain('is connected')
    const [connection, ...more] = await world.desk.of(ALICE)
    expect(more).toEqual([])
    expect(connection).toMatchObject({ integration, owner: ALICE, state: 'active', ...expected })
    expect(connection?.tokens.accessToken).toBeDefined()
    expect(connection?.tokens.refreshToken).toBeDefined()
    expect(world.of('connection.created')).toMatchObject([{ integration, user: { id: ALICE }, connection: connection?.id, outcome: 'ok' }])
  })

  it('with PKCE where the upstream offers it, and asks GitHub which account it is', async () => {
    const github = await world.browser(ALICE).leave('/connect/github')
    expect(Object.fromEntries(github.searchParams)).toMatchObject({
      client_id: world.github.oauth.clientId, redirect_uri: `${OURS}/connect/github/callback`, code_challenge_method: 'S256', prompt: 'select_account',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/), state: expect.stringMatching(/^[\w-]{43}$/),
    })
    const slack = await world.browser(ALICE).leave('/connect/slack')
    expect(slack.searchParams.get('user_scope')).toBe('chat:write,channels:history')
    expect(slack.searchParams.has('scope')).toBe(false)
  })

  it('the same account again and renews that connection, whatever they call it now', async () => {
    const browser = world.browser(ALICE)
    await browser.connect('github', 'alice-chen', { label: 'work' })
    const [before] = await world.desk.of(ALICE)
    await browser.connect('github', 'alice-chen', { label: 'other' })
    const after = await world.desk.of(ALICE)
    expect(after).toMatchObject([{ id: before?.id, label: 'work', generation: 2 }])
    expect(world.of('connection.renewed')).toMatchObject([{ connection: before?.id }])
  })

  it('a second account as a connection of its own, and never in the place of the first', async () => {
    const browser = world.browser(ALICE)
    await browser.connect('github', 'alice-chen')
    await browser.connect('github', 'bob-diaz')
    expect((await world.desk.of(ALICE)).map(({ label }) => label)).toEqual(['alice-chen', 'bob-diaz'])
    expect(await browser.connect('slack', 'alice', { label: 'mine' })).toContain('is connected')
    expect(await browser.connect('slack', 'bob', { label: 'mine' })).toContain('another account’s')
    expect((await world.desk.of(ALICE)).filter(({ integration }) => integration === 'slack')).toMatchObject([{ account: { id: 'T0ACME/U0ALICE' } }])
  })

  it('anew after revoking, as a new connection: what was delegated through the old one does not come back', async () => {
    const browser = world.browser(ALICE)
    await browser.connect('github', 'alice-chen')
    const [old] = await world.desk.of(ALICE)
    expect(await world.desk.end(old?.id as never, 'taken back')).toBeUndefined()
    await browser.connect('github', 'alice-chen')
    const [now] = await world.desk.of(ALICE)
    expect(now?.id).not.toBe(old?.id)
    expect(await world.desk.get(old?.id as never)).toMatchObject({ state: 'revoked', tokens: { accessToken: undefined, refreshToken: undefined } })
  })

  it('two people the same account, each with a connection of their own', async () => {
    await world.browser(ALICE).connect('github', 'alice-chen')
    await world.browser(BOB).connect('github', 'alice-chen')
    expect(await world.desk.of(ALICE)).toHaveLength(1)
    expect(await world.desk.of(BOB)).toHaveLength(1)
  })

  it('and reads which scopes are missing and which came on top', async () => {
    world.slack.grantNext(['chat:write', 'users:read'])
    const page = await world.browser(ALICE).connect('slack', 'alice')
    expect(page).toMatch(/granted less than was asked channels:history/)
    expect(page).toMatch(/granted more than was asked users:read/)
    expect((await world.desk.of(ALICE))[0]?.scopes).toEqual(['chat:write', 'users:read'])
  })

  it('to an app without expiring tokens: then there is nothing to renew', async () => {
    world.github.oauth.expireTokens(false)
    world.slack.rotateUserTokens(false)
    const browser = world.browser(ALICE)
    await browser.connect('github', 'alice-chen')
    await browser.connect('slack', 'alice')
    for (const { tokens } of await world.desk.of(ALICE)) expect(tokens).toMatchObject({ accessExpiresAtMs: undefined, refreshToken: undefined })
  })

  it('and installs the app; what the setup address says changes nothing', async () => {
    world.github.oauth.setupUrl(`${OURS}/connect/github/setup`)
    const browser = world.browser(ALICE)
    expect(await textOf(await browser.open('/connect/github/install'))).toContain('Install the app')
    const at = await browser.leave('/connect/github/install', { return: '/agents' })
    expect(at.pathname).toBe('/apps/postern-demo/installations/new')
    const back = new URL((await world.http(at.href, { redirect: 'manual' })).headers.get('location') ?? '')
    expect(back.searchParams.get('setup_action')).toBe('install')
    const answer = await browser.open(pathOf(back))
    expect(await answer.text()).toContain('href="/agents"')
    expect(await textOf(await browser.open('/connect/github/setup?installation_id=1&setup_action=request'))).toContain('Your request was sent')
    expect(world.events).toEqual([])
    expect(await (await browser.open('/connect/slack/install')).text()).toContain('nothing to connect')
  })

  it('and keeps nothing where the upstream does not answer, or does not say whose account it is', async () => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    world.github.faults.failNext(1, 500, { path: /access_token$/ })
    expect((await browser.open(pathOf(back))).status).toBe(502)
    const again = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    world.github.faults.failNext(1, 500, { path: /^\/user$/ })
    expect((await browser.open(pathOf(again))).status).toBe(502)
    expect(await world.desk.of(ALICE)).toEqual([])
    // What was given and is not kept does not live on there.
    expect(world.github.oauth.liveTokens()).toEqual([])
    expect(world.of('connection.denied')).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }])
  })

  it('nothing where there is nothing to connect, and signs in first', async () => {
    expect((await world.browser(ALICE).open('/connect/nothing')).status).toBe(404)
    const answer = await world.browser(undefined).open('/connect/github?label=work')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/login?return=${encodeURIComponent('/connect/github?label=work')}`])
  })
})
