import { describe, expect, it } from 'vitest'
import { readCookie, SESSION_COOKIE } from '../../src/authority/people/cookies.ts'
import { matchesCsrf } from '../../src/authority/people/csrf.ts'
import { endSignIns } from '../../src/authority/people/sign-outs.ts'
import type { PersonId } from '../../src/model/ids.ts'
import { newId } from '../../src/model/ids.ts'
import { webWorld, type WebWorld } from '../pages/web-world.ts'

const ALICE = 'user:alice@acme.com' as PersonId
const HOUR_MS = 3_600_000

async function signedIn(world: WebWorld, groups: readonly string[] = []): Promise<string> {
  const person = await world.store.people.signIn({ id: ALICE, issuer: 'https://idp.example', subject: 's-1', name: 'Alice Chen', email: 'alice@acme.com', groups })
  if (person === undefined) throw new Error('not kept')
  return (await world.sessions.start(person, 'id.token')).split(';')[0] ?? ''
}

describe('a browser’s session', () => {
  it('ends when nobody used it for two hours, and goes on while somebody does, but never beyond its bound', async () => {
    const world = await webWorld()
    const cookie = await signedIn(world)
    for (let hour = 0; hour < 11; hour++) {
      world.clock.now += HOUR_MS
      expect(await world.sessions.current(cookie)).toBeDefined()
    }
    world.clock.now += HOUR_MS
    expect(await world.sessions.current(cookie)).toBeUndefined()
    const idle = await signedIn(world)
    world.clock.now += 2 * HOUR_MS
    expect(await world.sessions.current(idle)).toBeUndefined()
  })

  it('ends so too where a page that was left open asks by itself', async () => {
    const world = await webWorld()
    const cookie = await signedIn(world)
    for (let quarter = 0; quarter < 7; quarter++) {
      world.clock.now += HOUR_MS / 4
      expect(await world.sessions.current(cookie, true)).toBeDefined()
    }
    world.clock.now += HOUR_MS / 4
    expect(await world.sessions.current(cookie, true)).toBeUndefined()
  })

  it('stays ended, whatever was under way when it ended', async () => {
    const world = await webWorld()
    const cookie = await signedIn(world)
    world.clock.now += 61_000
    const [, ended] = await Promise.all([world.sessions.current(cookie), world.sessions.end(cookie), world.sessions.current(cookie)])
    expect(ended.setCookie).toMatch(/^__Host-postern=; .*Max-Age=0$/)
    expect(await world.sessions.current(cookie)).toBeUndefined()
    world.clock.now += 61_000
    expect(await world.sessions.current(cookie)).toBeUndefined()
  })

  it('ends with every other of its person’s when all of them are ended, whatever is under way; who signs in again is signed in', async () => {
    const world = await webWorld()
    const [one, other] = [await signedIn(world), await signedIn(world)]
    world.clock.now += 61_000
    await Promise.all([world.sessions.current(one), endSignIns(world.store.shortLived, ALICE, world.clock.now), world.sessions.current(one)])
    expect([await world.sessions.current(one), await world.sessions.current(other)]).toEqual([undefined, undefined])
    world.clock.now += 61_000
    expect(await world.sessions.current(one)).toBeUndefined()
    expect(await world.sessions.current(await signedIn(world))).toMatchObject({ person: { id: ALICE } })
    expect(await world.sessions.current(one)).toBeUndefined()
  })

  it('does not end with those of another person', async () => {
    const world = await webWorld()
    const cookie = await signedIn(world)
    await endSignIns(world.store.shortLived, 'user:bob@acme.com' as PersonId, world.clock.now)
    expect(await world.sessions.current(cookie)).toBeDefined()
  })

  it('is nobody’s once the address is another subject’s', async () => {
    const world = await webWorld()
    const cookie = await signedIn(world)
    const people = { ...world.store.people, get: () => Promise.resolve({ id: ALICE, issuer: 'https://idp.example', subject: 's-2', name: 'New', email: undefined, groups: [], firstSeenAtMs: 0, lastSeenAtMs: 0 }) }
    const { createBrowserSessions } = await import('../../src/authority/people/browser-sessions.ts')
    const sessions = createBrowserSessions({
      shortLived: world.store.shortLived, people, clock: world.clock, lifetimeMs: () => 12 * HOUR_MS,
      roles: { of: () => Promise.resolve({ roles: ['person'], breakGlass: false }) }, signOutUrl: () => Promise.resolve(undefined),
    })
    expect(await world.sessions.current(cookie)).toBeDefined()
    expect(await sessions.current(cookie)).toBeUndefined()
  })

  it('has a token of its own for forms', async () => {
    const world = await webWorld()
    const one = await world.sessions.current(await signedIn(world))
    const other = await world.sessions.current(await signedIn(world))
    if (one === undefined || other === undefined) throw new Error('not signed in')
    expect(matchesCsrf(one, one.csrf)).toBe(true)
    for (const wrong of [other.csrf, '', null, undefined, `${one.csrf} `, one.csrf.slice(1)]) expect(matchesCsrf(one, wrong)).toBe(false)
  })

  it('is read from one cookie of the right form only', () => {
    const value = 'A'.repeat(43)
    expect(readCookie(`a=b; ${SESSION_COOKIE}=${value}; c`, SESSION_COOKIE)).toBe(value)
    for (const header of [undefined, '', `${SESSION_COOKIE}=short`, `${SESSION_COOKIE}=${value}; ${SESSION_COOKIE}=${'B'.repeat(43)}`, `x${SESSION_COOKIE}=${value}`, `${SESSION_COOKIE}=${value}!`, `${SESSION_COOKIE.toUpperCase()}=${value}`]) {
      expect(readCookie(header, SESSION_COOKIE)).toBeUndefined()
    }
  })
})

describe('roles', () => {
  it('follow configuration at each request: by group, by name', async () => {
    const world = await webWorld()
    const cookie = await signedIn(world, ['ops'])
    const roles = async () => (await world.sessions.current(cookie))?.roles
    expect(await roles()).toEqual(['person'])
    world.members = { operator: { groups: ['ops'], people: [] }, auditor: { groups: ['Ops'], people: [ALICE] } }
    expect(await roles()).toEqual(['person', 'operator', 'auditor'])
    world.members = { operator: { groups: [], people: ['user:bob@acme.com' as PersonId] }, auditor: { groups: [], people: [] } }
    expect(await roles()).toEqual(['person'])
  })

  it('are lent by break-glass while it runs: approved, by somebody else, and no longer than that', async () => {
    const world = await webWorld()
    const cookie = await signedIn(world)
    const lend = async (by: string): Promise<void> => {
      const { approvals } = world.store
      const { id } = await approvals.ask({
        id: newId('apr'), kind: 'break_glass', key: `bg ${by} ${world.clock.now}`, agent: undefined, person: ALICE, delegation: undefined, session: undefined,
        integration: undefined, operation: undefined, targets: [], text: 'the pager rang', rule: undefined, answerByMs: world.clock.now + HOUR_MS,
      })
      expect(await world.sessions.current(cookie)).toMatchObject({ roles: ['person'], breakGlass: false })
      await approvals.answer(id, 'approved', by, world.clock.now + HOUR_MS)
    }
    await lend('user:alice@acme.com')
    expect(await world.sessions.current(cookie)).toMatchObject({ roles: ['person'], breakGlass: false })
    await lend('user:ops@acme.com')
    expect(await world.sessions.current(cookie)).toMatchObject({ roles: ['person', 'operator'], breakGlass: true })
    world.members = { ...world.members, operator: { groups: [], people: [ALICE] } }
    expect(await world.sessions.current(cookie)).toMatchObject({ roles: ['person', 'operator'], breakGlass: false })
    world.members = { ...world.members, operator: { groups: [], people: [] } }
    world.clock.now += HOUR_MS
    expect(await world.sessions.current(cookie)).toMatchObject({ roles: ['person'], breakGlass: false })
  })
})
