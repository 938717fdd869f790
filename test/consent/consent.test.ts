import { describe, expect, it } from 'vitest'
import type { Granted } from '../../src/authority/delegations/contract.ts'
import type { AgentId, SessionId } from '../../src/model/ids.ts'
import { Visitor } from '../support/visitor.ts'
import { AGENT, ALICE, asked, BOB, connection, consentWorld, type ConsentWorld } from './fixture.ts'

const HOUR_MS = 3_600_000

async function shown(world: ConsentWorld, request = asked(), person = ALICE): Promise<Visitor> {
  const visitor = await world.visitor(person)
  return visitor.get(`${world.origin}${world.interactions.start(request, visitor)}`)
}

const kinds = (world: ConsentWorld): readonly string[] => world.interactions.answers.map(({ answer }) => answer.kind)

describe('the consent screen', () => {
  it('asks to sign in first, and comes back to the same question', async () => {
    const world = await consentWorld()
    const visitor = new Visitor()
    await visitor.get(`${world.origin}${world.interactions.start(asked(), visitor)}`)
    expect(visitor.title()).toBe('Sign in')
    await visitor.submit({ person: ALICE })
    expect(visitor.onward()).toBe('/consent/uid-1')
  })

  it('says which agent, whose, for whom, where the answer goes, what on what, what not, and until when', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    expect(page.title()).toBe('Let PR Reviewer act for you?')
    for (const text of [
      'agent:pr-reviewer', 'Platform team', 'Alice Chen (alice@acme.com)', 'A program on this computer, http://127.0.0.1:53123', 'as alice-chen (work)',
      'Read pull requests, their reviews and comments', 'pulls:write', 'changes things', 'acme-corp/backend', 'it will not be able to', 'merge pull requests or push code',
      'touch any repository but acme-corp/backend', '1 hour', 'until 1 Jan, 01:16 UTC', '30 days',
    ]) expect(page.text()).toContain(text)
    expect(page.links()).toContain('/login?switch=1&return=%2Fconsent%2Fuid-1')
  })

  it('says plainly what `**` stands for', async () => {
    const world = await consentWorld()
    const page = await shown(world, asked({ access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['**'] }] }))
    expect(page.text()).toContain('Every repository that you can reach')
    expect(page.text()).not.toContain('touch any repository but')
  })

  it('keeps nothing in caches, runs nothing, and is framed by nobody', async () => {
    const { headers } = await shown(await consentWorld())
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    expect(headers.get('x-frame-options')).toBe('DENY')
  })

  it('approves just what is left ticked, once, and goes on by a page of its own', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    await page.submit({ 'scope.s0.0.0': undefined, 'level.s0.0.1': 'read', duration: String(8 * HOUR_MS), answer: 'approve' })
    expect([page.status, page.onward()]).toEqual([200, '/oauth2/authorize/uid-1'])
    expect(world.interactions.answers).toEqual([{
      uid: 'uid-1', person: ALICE,
      answer: { kind: 'approved', expiresAtMs: world.clock.now + 8 * HOUR_MS, access: [{ integration: 'github', scopes: ['pulls:read', 'contents:read'], targets: ['acme-corp/backend'], connection: 'con_github' }] },
    }])
  })

  it('denies, and takes any answer that is no approval for a no', async () => {
    for (const answer of ['deny', undefined, 'APPROVE', 'approve ']) {
      const world = await consentWorld()
      await (await shown(world)).submit({ answer })
      expect(kinds(world)).toEqual(['denied'])
    }
  })

  it('gives the form back as it was filled in, where something is wrong with it', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    await page.submit({ 'scope.s0.0.2': undefined, 'targets.s0.0': 'acme-corp/other', duration: String(8 * HOUR_MS), answer: 'approve' })
    expect(page.status).toBe(422)
    expect(page.text()).toContain('acme-corp/other is more than the agent asked for.')
    const fields = new URLSearchParams(page.forms().at(-1)?.fields.map(([name, value]): [string, string] => [name, value]))
    expect(fields.get('targets.s0.0')).toBe('acme-corp/other')
    expect([fields.has('scope.s0.0.1'), fields.has('scope.s0.0.2'), fields.get('duration')]).toEqual([true, false, String(8 * HOUR_MS)])
    await page.submit({ 'targets.s0.0': 'acme-corp/backend', answer: 'approve' })
    expect(kinds(world)).toEqual(['approved'])
  })

  it('offers to connect where an account is missing, and comes back to the same question', async () => {
    const world = await consentWorld()
    world.connections = []
    const page = await shown(world)
    expect(page.links()).toContain('/connect/github?return=%2Fconsent%2Fuid-1')
    await page.submit({ answer: 'approve' })
    expect([page.status, kinds(world)]).toEqual([422, []])
    world.connections = [connection('github')]
    await page.get(`${world.origin}/consent/uid-1`)
    await page.submit({ answer: 'approve' })
    expect(kinds(world)).toEqual(['approved'])
  })

  it('judges again when it is answered: what policy refuses by then is not approved', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    world.forecast.say = ({ scope }) => (scope === 'contents:read' ? { effect: 'deny', reason: 'Not any more.' } : undefined)
    await page.submit({ answer: 'approve' })
    expect(world.interactions.answers[0]?.answer).toMatchObject({ access: [{ scopes: ['pulls:read', 'pulls:write'] }] })
  })
})

describe('attacks on the consent screen', () => {
  it('takes no form of another site’s, without the session’s token, or of another kind', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    const { body, url } = page
    for (const [change, headers] of [
      [{ csrf: 'guess' }, {}], [{ csrf: undefined }, {}], [{}, { origin: 'https://evil.example' }], [{}, { 'sec-fetch-site': 'cross-site' }],
      [{}, { 'sec-fetch-site': 'same-site' }], [{}, { origin: 'null', 'sec-fetch-site': '' }], [{}, { origin: '', 'sec-fetch-site': '' }], [{}, { 'content-type': 'text/plain' }],
    ] as const) {
      Object.assign(page, { body, url })
      await page.submit({ ...change, answer: 'approve' }, { headers })
      expect([page.status, page.title()], `${JSON.stringify([change, headers])}`).toEqual([403, 'That page was out of date'])
    }
    expect(kinds(world)).toEqual([])
  })

  it('takes no answer by a link', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    await page.get(`${world.origin}/consent/uid-1?answer=approve&scope.s0.0.0=on`)
    expect([page.status, kinds(world)]).toEqual([200, []])
  })

  it('takes no form that somebody else’s page made: the account was switched in another tab', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    const old = { url: page.url, body: page.body }
    await page.get(`${world.origin}/login?switch=1`)
    await page.submit({ person: BOB })
    Object.assign(page, old)
    await page.submit({ answer: 'approve' })
    expect([page.status, kinds(world)]).toEqual([403, []])
  })

  it('shows another browser nothing, and takes nothing from it', async () => {
    const world = await consentWorld()
    await shown(world)
    const other = await world.visitor(BOB)
    await other.get(`${world.origin}/consent/uid-1`)
    expect([other.status, other.title()]).toEqual([410, 'This request is over'])
    expect(other.text()).not.toContain('PR Reviewer')
  })

  it('is over after an answer: by the back button, an old tab, and for whoever else', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    const old = { url: page.url, body: page.body }
    await page.submit({ answer: 'deny' })
    await page.get(old.url)
    expect([page.status, page.title()]).toEqual([410, 'This request is over'])
    Object.assign(page, old)
    world.clock.now += 61_000
    await page.submit({ answer: 'approve' })
    expect([page.status, page.title(), kinds(world)]).toEqual([410, 'This request is over', ['denied']])
  })

  it('counts a double click once, and answers both with the same', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    let open = (): void => undefined
    world.interactions.gate = new Promise((resolve) => { open = resolve })
    const sameBrowser = (): Visitor => Object.assign(new Visitor(), { url: page.url, body: page.body, jar: new Map(page.jar) })
    const clicks = ['approve', 'approve', 'deny'].map((answer) => sameBrowser().submit({ answer }))
    setImmediate(() => open())
    const answers = await Promise.all(clicks)
    expect(answers.map((one) => [one.status, one.onward()])).toEqual(Array.from({ length: 3 }, () => [200, '/oauth2/authorize/uid-1']))
    expect(kinds(world)).toHaveLength(1)
  })

  it('leads whoever clicks again just after on to the same place', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    const old = { url: page.url, body: page.body }
    await page.submit({ answer: 'approve' })
    Object.assign(page, old)
    await page.submit({ answer: 'deny' })
    expect([page.onward(), kinds(world)]).toEqual(['/oauth2/authorize/uid-1', ['approved']])
  })

  it('shows hostile names as text, what cannot be seen spelt out, and what is long cut', async () => {
    const world = await consentWorld()
    const page = await shown(world, asked({
      agent: { id: 'agent:x' as AgentId, name: '<b>Google</b>\u202e"><script>alert(1)</script>', owner: `${'x'.repeat(5000)}\u0000` },
      answerTo: 'https://evil.example"><script>',
      access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme/<img src=x onerror=alert(1)>', `acme/${'y'.repeat(240)}`, 'acme/\u200bbackend', '</textarea><script>alert(2)</script>'] }],
    }))
    expect(page.status).toBe(200)
    expect(page.body).not.toMatch(/<script|<img|<b>Google|\u202e|\u200b/)
    expect(page.body).not.toContain('\u0000')
    expect(page.body.match(/<\/textarea>/g)).toHaveLength(1)
    expect(page.text()).toContain('<b>Google</b>[U+202E]')
    expect(page.text()).toContain('acme/[U+200B]backend')
    expect(page.body.length).toBeLessThan(20_000)
  })

  it('reads no form that is too long', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    await page.submit({ 'targets.s0.0': 'x'.repeat(70_000), answer: 'approve' })
    expect([page.status, kinds(world)]).toEqual([413, []])
  })

  it('says nothing of what broke', async () => {
    const world = await consentWorld()
    const page = await shown(world)
    world.interactions.answer = () => Promise.reject(new Error('canary at /var/lib'))
    await page.submit({ answer: 'approve' })
    expect([page.status, page.title()]).toEqual([503, 'This did not work'])
    expect(page.body).not.toContain('canary')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(world.reported).toHaveLength(1)
  })
})

describe('asking for more', () => {
  const session = 'ses_run' as SessionId
  const granted = (person = ALICE, agent = AGENT.id): Granted => ({
    delegation: {
      id: 'dlg_1' as never, agent, person, state: 'active', createdAtMs: 0, expiresAtMs: 9e12, endedAtMs: undefined, endedBy: undefined, endReason: undefined, version: 1,
      access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'], connection: connection('github').id }],
    },
    session: { id: session, delegation: 'dlg_1' as never, agent, person, startedAtMs: 0, expiresAtMs: 9e12, endedAtMs: undefined, endReason: undefined, secretDigest: undefined },
  })

  it('shows what is allowed already, and asks for the new alone', async () => {
    const world = await consentWorld()
    world.live.set(session, granted())
    const page = await shown(world, asked({ extend: session }))
    expect(page.title()).toBe('Let PR Reviewer do more for you?')
    expect(page.text()).toContain('Allowed already')
    await page.submit({ answer: 'approve' })
    expect(world.interactions.answers[0]?.answer).toMatchObject({ access: [{ scopes: ['pulls:write', 'contents:read'] }] })
  })

  it('is for the person of that run alone, while it runs, and for its own agent', async () => {
    for (const live of [granted(BOB), granted(ALICE, 'agent:other' as AgentId), undefined]) {
      const world = await consentWorld()
      if (live !== undefined) world.live.set(session, live)
      const page = await shown(world, asked({ extend: session }))
      expect([page.status, page.title()]).toEqual([403, 'This run is not yours'])
      expect(page.forms().filter(({ action }) => action.startsWith('/consent'))).toEqual([])
    }
  })

  it('ends where the run ended between the question and the answer', async () => {
    const world = await consentWorld()
    world.live.set(session, granted())
    const page = await shown(world, asked({ extend: session }))
    world.live.delete(session)
    await page.submit({ answer: 'approve' })
    expect([page.status, kinds(world)]).toEqual([403, []])
  })

  it('offers only a no where nothing is left to approve', async () => {
    const world = await consentWorld()
    world.live.set(session, granted())
    const page = await shown(world, asked({ extend: session, access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }] }))
    expect(page.text()).toContain('There is nothing to approve')
    expect(page.body).not.toContain('value="approve"')
  })
})

describe('our own command line', () => {
  it('asks for a yes of its own, and is told no where somebody cancels', async () => {
    const request = asked({ purpose: 'sign_in', agent: undefined, access: [] })
    for (const [answer, kind] of [['approve', 'signed_in'], ['deny', 'denied']] as const) {
      const world = await consentWorld()
      const page = await shown(world, request)
      expect(page.title()).toBe('Sign in to the command line?')
      await page.submit({ answer })
      expect(kinds(world)).toEqual([kind])
    }
  })
})

describe('a device', () => {
  it('shows the code again beside the same question, and ends on a page that says so', async () => {
    const world = await consentWorld()
    world.interactions.codes.set('WDJB-MJHT', asked({ uid: 'uid-device', userCode: 'WDJB-MJHT', answerTo: undefined }))
    world.interactions.next = () => '/device?answered=approved'
    const visitor = new Visitor()
    await visitor.get(`${world.origin}/device?user_code=WDJB-MJHT`)
    expect(visitor.title()).toBe('Sign in')
    await visitor.submit({ person: ALICE })
    await visitor.get(`${world.origin}${visitor.onward() ?? ''}`)
    expect(visitor.forms().at(-1)?.fields).toContainEqual(['user_code', 'WDJB-MJHT'])
    expect(world.interactions.open.size).toBe(0)
    await visitor.submit()
    expect([visitor.url, visitor.title()]).toEqual([`${world.origin}/consent/uid-device`, 'Let PR Reviewer act for you?'])
    expect(visitor.text()).toContain('Compare the code')
    expect(visitor.text()).toContain('WDJB-MJHT')
    await visitor.submit({ answer: 'approve' })
    await visitor.get(`${world.origin}${visitor.onward() ?? ''}`)
    expect(visitor.title()).toBe('The device has your approval')
  })

  it('tells a wrong code, shows it as text, and bounds how often somebody tries', async () => {
    const world = await consentWorld()
    const visitor = await world.visitor()
    await visitor.get(`${world.origin}/device`)
    await visitor.submit({ user_code: '"><script>' })
    expect([visitor.status, visitor.text()]).toEqual([422, expect.stringContaining('There is no such code')])
    expect(visitor.body).not.toContain('<script')
    world.interactions.tooOften = true
    await visitor.submit({ user_code: 'X' })
    expect([visitor.status, visitor.headers.get('retry-after')]).toEqual([429, '900'])
    expect(visitor.text()).toContain('Wait 15 minutes')
  })

  it('takes no code of another site’s form', async () => {
    const world = await consentWorld()
    world.interactions.codes.set('WDJB-MJHT', asked({ uid: 'uid-device' }))
    const visitor = await world.visitor()
    await visitor.get(`${world.origin}/device`)
    await visitor.submit({ user_code: 'WDJB-MJHT' }, { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } })
    expect([visitor.status, world.interactions.open.size]).toEqual([403, 0])
  })
})
