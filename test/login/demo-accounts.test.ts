import { describe, expect, it } from 'vitest'
import { LOGIN_COOKIE, SESSION_COOKIE } from '../../src/authority/people/cookies.ts'
import { Visitor } from '../support/visitor.ts'
import { ALICE, BOB, consentWorld } from '../consent/fixture.ts'

describe('the demo’s accounts', () => {
  it('sign in by one click, on a page that says what they are', async () => {
    const world = await consentWorld()
    const visitor = await new Visitor().get(`${world.origin}/login?return=/consent/x`)
    expect(visitor.text()).toContain('Demo accounts')
    await visitor.submit({ person: BOB })
    expect(visitor.onward()).toBe('/consent/x')
    expect((await world.sessions.current(`${SESSION_COOKIE}=${visitor.jar.get(SESSION_COOKIE) ?? ''}`))?.person).toMatchObject({ id: BOB, name: 'Bob Diaz' })
    expect(world.records.at(-1)).toMatchObject({ event: 'admin.signed_in', user: { id: BOB } })
  })

  it('sign nobody in from another site, another browser, or as somebody who is not among them', async () => {
    const world = await consentWorld()
    const page = await new Visitor().get(`${world.origin}/login`)
    const tries: readonly (readonly [Record<string, string | undefined>, Record<string, string>, string | undefined])[] = [
      [{ person: ALICE }, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, page.jar.get(LOGIN_COOKIE)],
      [{ person: ALICE }, { origin: '', 'sec-fetch-site': '' }, page.jar.get(LOGIN_COOKIE)],
      [{ person: ALICE, csrf: undefined }, {}, page.jar.get(LOGIN_COOKIE)],
      [{ person: ALICE }, {}, 'B'.repeat(43)],
      [{ person: ALICE }, {}, undefined],
      [{ person: 'user:ceo@acme.com' }, {}, page.jar.get(LOGIN_COOKIE)],
      [{}, {}, page.jar.get(LOGIN_COOKIE)],
    ]
    for (const [fields, headers, cookie] of tries) {
      const visitor = Object.assign(new Visitor(), { url: page.url, body: page.body })
      if (cookie !== undefined) visitor.jar.set(LOGIN_COOKIE, cookie)
      await visitor.submit(fields, { headers })
      expect([400, 403], `${JSON.stringify([fields, headers])}`).toContain(visitor.status)
      expect(visitor.jar.has(SESSION_COOKIE)).toBe(false)
    }
  })
})
