import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserApi, revokeNewest } from '../authority/support/calls.ts'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'

let world: AuthorityWorld
beforeAll(async () => { world = await startAuthorityWorld({ personAuthority: false }) })
afterAll(() => world.close())

interface Refused { readonly status: number, readonly link: string, readonly code: string }

async function call(token: string, path: string): Promise<Refused> {
  const answer = await fetch(`${world.baseUrl('github')}/repos/acme-corp/${path}`, { headers: { authorization: `Bearer ${token}` } })
  const body = await answer.json() as { documentation_url?: string, postern?: { code?: string } }
  return { status: answer.status, link: body.documentation_url ?? '', code: body.postern?.code ?? '' }
}

/** A run that Alice approved for reading pull requests of one repository, and the link of its refused call. */
async function refusedRun(path = 'backend/contents/README.md'): Promise<{ alice: WorldBrowser, run: AgentRun, link: string, session: string }> {
  const alice = await world.signedIn('alice')
  const run = await approvedRun(world, alice, 'pr-reviewer', [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }])
  const { code, link } = await call(run.access, path)
  expect(code).toBe('consent_required')
  return { alice, run, link, session: new URL(link).searchParams.get('session') ?? '' }
}

const events = async (session: string): Promise<readonly unknown[]> => (await world.records())
  .filter((record) => record['session'] === session && String(record['event']).startsWith('delegation.'))
  .map(({ event, scopes, target, outcome }) => [event, scopes, target, outcome])

describe('the link of a refused call', () => {
  it('asks the person for just the additional access, widens the run at once, and the next token has it', async () => {
    const { alice, run, link, session } = await refusedRun()
    await alice.get(link)
    expect(alice.status).toBe(200)
    expect(alice.title()).toBe('Let PR Reviewer do more for you?')
    for (const text of ['contents:read', 'acme-corp/backend', 'Nowhere: the agent notices at its next call', 'As before', 'What you approved for this run before ends at the same time']) {
      expect(alice.text()).toContain(text)
    }
    expect(alice.text()).not.toContain('pulls:read')
    await alice.submit({ answer: 'approve' })
    expect([alice.status, alice.title()]).toEqual([200, 'It may do this now'])
    const refreshed = await run.agent.refresh(run.refresh)
    expect((await call(String(refreshed.body['access_token']), 'backend/contents/README.md')).status).toBe(200)
    expect((await call(String(refreshed.body['access_token']), 'backend/pulls/42')).status).toBe(200)
    expect(await events(session)).toEqual([
      ['delegation.granted', ['github:pulls:read'], 'acme-corp/backend', 'ok'],
      ['delegation.requested', ['github:contents:read'], 'acme-corp/backend', 'ok'],
      ['delegation.extended', ['github:pulls:read', 'github:contents:read'], 'acme-corp/backend', 'ok'],
    ])
  })

  it('keeps the end of what was approved before, unless another is chosen', async () => {
    const { alice, link, session } = await refusedRun()
    const end = async (): Promise<number> => (await world.records()).filter((record) => record['session'] === session && String(record['event']).startsWith('delegation.') && record['expires_in'] !== undefined)
      .map(({ ts, expires_in: seconds }) => Date.parse(String(ts)) + 1000 * Number.parseInt(String(seconds), 10)).at(-1) ?? 0
    const before = await end()
    await (await alice.get(link)).submit({ answer: 'approve' })
    expect(Math.abs(await end() - before)).toBeLessThan(2_000)
  })

  it('changes nothing when it is denied, and can be approved later all the same', async () => {
    const { alice, run, link, session } = await refusedRun()
    await (await alice.get(link)).submit({ answer: 'deny' })
    expect(alice.title()).toBe('It stays as it was')
    const refreshed = await run.agent.refresh(run.refresh)
    expect((await call(String(refreshed.body['access_token']), 'backend/contents/README.md')).code).toBe('consent_required')
    expect((await events(session)).slice(1)).toEqual([
      ['delegation.requested', ['github:contents:read'], 'acme-corp/backend', 'ok'],
      ['delegation.denied', ['github:contents:read'], 'acme-corp/backend', 'denied'],
    ])
    await (await alice.get(link)).submit({ answer: 'approve' })
    expect((await events(session)).at(-1)).toEqual(['delegation.extended', ['github:pulls:read', 'github:contents:read'], 'acme-corp/backend', 'ok'])
  })

  it('approves no more than is asked, and tells what is wrong', async () => {
    const { alice, link, session } = await refusedRun()
    await alice.get(link)
    await alice.submit({ answer: 'approve', 'targets.s0.0': 'acme-corp/*' })
    expect([alice.status, alice.text()]).toEqual([422, expect.stringContaining('acme-corp/* is more than the agent asked for.')])
    await alice.submit({ answer: 'approve', 'targets.s0.0': 'acme-corp/backend', duration: String(400 * 86_400_000) })
    expect([alice.status, alice.text()]).toEqual([422, expect.stringContaining('Choose how long it may last.')])
    await alice.submit({ answer: 'approve', 'scope.s0.0.0': undefined, duration: '0' })
    expect([alice.status, alice.text()]).toEqual([422, expect.stringContaining('Nothing is ticked.')])
    expect((await events(session)).map((row) => (row as unknown[])[0])).toEqual(['delegation.granted', 'delegation.requested'])
  })

  it('counts one answer to one page, however often it is sent', async () => {
    const { alice, link, session } = await refusedRun()
    await alice.get(link)
    const { fields, action } = alice.forms()[0] ?? { fields: [], action: '' }
    const send = (answer: string): Promise<Response> => fetch(new URL(action, world.url), {
      method: 'POST', redirect: 'manual', body: new URLSearchParams([...fields.map(([name, value]): [string, string] => [name, value]), ['answer', answer]]),
      headers: { cookie: [...alice.jar].map(([name, value]) => `${name}=${value}`).join('; '), origin: world.url, 'sec-fetch-site': 'same-origin' },
    })
    const answers = [...await Promise.all([send('approve'), send('approve')]), await send('deny'), await send('approve')]
    expect(answers.map((answer) => [answer.status, answer.headers.get('location')])).toEqual(Array.from({ length: 4 }, () => [303, '/more/answered?as=approved']))
    expect((await events(session)).filter((row) => (row as unknown[])[0] === 'delegation.extended')).toHaveLength(1)
  })

  it('says that it may do so already, where the back button leads after the answer', async () => {
    const { alice, link } = await refusedRun()
    await (await alice.get(link)).submit({ answer: 'approve' })
    await alice.get(link)
    expect([alice.status, alice.title(), alice.forms().length]).toEqual([200, 'It may do this already', 0])
  })

  it('is on record once, however often it is looked at', async () => {
    const { alice, link, session } = await refusedRun()
    await alice.get(link)
    await alice.get(link)
    expect((await events(session)).filter((row) => (row as unknown[])[0] === 'delegation.requested')).toHaveLength(1)
  })

  it('asks who is not signed in to do that first, and comes back to the same question', async () => {
    const { link } = await refusedRun()
    const browser = await world.browser().get(link)
    expect(browser.title()).toBe('Sign in')
    await browser.submit({ person: 'user:alice@acme.com' })
    await browser.get(new URL(browser.onward() ?? '', world.url).href)
    expect(browser.title()).toBe('Let PR Reviewer do more for you?')
  })

  it('is of no use to anybody else', async () => {
    const { link, session } = await refusedRun()
    for (const other of ['bob', 'olga'] as const) {
      const browser = await world.signedIn(other)
      await browser.get(link)
      expect([browser.status, browser.title(), browser.text().includes('contents:read')]).toEqual([403, 'This run is not yours', false])
    }
    const bob = await world.signedIn('bob')
    const own = await refusedRun()
    await own.alice.get(own.link)
    // Bob's own sign-in and token, Alice's page.
    const csrf = String((await (await BrowserApi.of(bob)).get('/v1/me')).body['csrf'])
    own.alice.jar.clear()
    for (const [name, value] of bob.jar) own.alice.jar.set(name, value)
    await own.alice.submit({ csrf, answer: 'approve' })
    expect([own.alice.status, own.alice.title()]).toEqual([403, 'This run is not yours'])
    expect(await events(own.session)).not.toContainEqual(expect.arrayContaining(['delegation.extended']))
    expect(await events(session)).toHaveLength(1)
  })

  it('takes no form without this sign-in’s token, or from another site', async () => {
    const { alice, link, session } = await refusedRun()
    for (const [change, headers] of [[{ csrf: 'x' }, {}], [{ csrf: undefined }, {}], [{ page: 'x' }, {}], [{}, { 'sec-fetch-site': 'cross-site' }], [{}, { origin: 'https://evil.example' }], [{}, { origin: '', 'sec-fetch-site': '' }]] as const) {
      await alice.get(link)
      await alice.submit({ ...change, answer: 'approve' }, { headers })
      expect([alice.status, alice.title()]).toEqual([403, 'That page was out of date'])
    }
    expect(await events(session)).not.toContainEqual(expect.arrayContaining(['delegation.extended']))
  })

  it('says so when the run is over, whoever ended it', async () => {
    const { alice, link } = await refusedRun()
    await alice.get(link)
    const shown = { ...alice.forms()[0] }
    await revokeNewest(await world.signedIn('alice'))
    expect(shown.action).toContain('/more?')
    await alice.submit({ answer: 'approve' })
    expect([alice.status, alice.title()]).toEqual([410, 'This run is over'])
    await alice.get(link)
    expect([alice.status, alice.title()]).toEqual([410, 'This run is over'])
  })

  it('asks nothing where the link is not whole, or names what is not here', async () => {
    const { alice, session } = await refusedRun()
    for (const query of [
      '', `session=${session}`, `session=${session}&integration=github`, `session=${session}&integration=gone&scope=x`, `session=${session}&integration=github&scope=nothing:read`,
      `session=${session}&session=${session}&integration=github&scope=pulls:read`, 'session=dlg_1&integration=github&scope=pulls:read', `session=${session}&integration=github&scope=pulls:read&target=${'x'.repeat(300)}`,
      `session=${session}&integration=github&scope=pulls:read&target=a%E2%80%AEb`,
    ]) {
      await alice.get(`${world.url}/more?${query}`)
      expect([query, alice.status, alice.title()]).toEqual([query, 400, 'This link is not whole'])
    }
    await alice.get(`${world.url}/more?session=ses_unknown&integration=github&scope=pulls:read`)
    expect([alice.status, alice.title()]).toEqual([410, 'This run is over'])
  })

  it('shows what policy refuses anyway as refused, with nothing to approve', async () => {
    const { alice, session } = await refusedRun()
    await alice.get(`${world.url}/more?session=${session}&integration=github&scope=administration:write&target=acme-corp/backend`)
    expect(alice.text()).toContain('There is nothing to approve')
    expect(alice.text()).not.toContain('Deny it, so that the agent knows')
    await alice.submit({ answer: 'approve', 'scope.s0.0.0': 'on' })
    expect(alice.status).toBe(422)
    expect(await events(session)).not.toContainEqual(expect.arrayContaining(['delegation.extended']))
  })
})
