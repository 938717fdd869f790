import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { OauthAgent, REDIRECT, startAuthorityWorld, type AuthorityWorld } from '../../support/authority-world.ts'
import { freePort } from '../../support/redis-server.ts'
import { given } from '../given.ts'
import { KeycloakBrowser, startChromium } from './keycloak-browser.ts'
import { startKeycloak, type Keycloak } from './keycloak-server.ts'
import { CLIENT_ID, USERS, type UserName } from './realm.ts'

let keycloak: Keycloak
let chromium: Browser
let world: AuthorityWorld
let otherOrigin: string

/** The whole product, whose people sign in at Keycloak. */
async function worldAt(origin: string): Promise<AuthorityWorld> {
  const secret = join(given('RUN'), 'client-secret')
  await writeFile(secret, keycloak.clientSecret, { mode: 0o600 })
  const login = `  login:
    issuer: "${keycloak.issuer}"
    client_id: ${CLIENT_ID}
    client_secret: { file: ${JSON.stringify(secret)} }
    connect: { address: "127.0.0.1:${keycloak.port}", allow_addresses: ["127.0.0.1/32"] }
`
  return startAuthorityWorld({
    personAuthority: false,
    config: (text) => text
      .replace(/^ {2}url: "http:\/\/127\.0\.0\.1:0"\n {2}address: "127\.0\.0\.1:0"$/m, `  url: "${origin}"\n  address: "${new URL(origin).host}"`)
      .replace(/^ {2}unsafe_demo_accounts: .*\n/m, login),
  })
}

const newOrigin = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`

/** A browser of its own, for one test. */
async function browser(origin = world.url): Promise<KeycloakBrowser> {
  const context = await chromium.newContext()
  onTestFinished(() => context.close())
  return new KeycloakBrowser(await context.newPage(), origin)
}

/** A browser in which this person went through Keycloak's form. */
async function signedIn(name: UserName, password = keycloak.password): Promise<KeycloakBrowser> {
  const person = await browser()
  await person.open('/login')
  await person.signIn(USERS[name], password)
  return person
}

const denials = async (): Promise<readonly unknown[]> =>
  (await world.records()).filter(({ event }) => event === 'admin.sign_in_denied').map(({ reason }) => reason)

beforeAll(async () => {
  const origin = await newOrigin()
  otherOrigin = await newOrigin()
  ;[keycloak, chromium] = await Promise.all([startKeycloak([origin, otherOrigin]), startChromium()])
  world = await worldAt(origin)
})
afterAll(async () => {
  await world?.close()
  await chromium?.close()
  await keycloak?.stop()
})

describe('signing in at Keycloak', () => {
  it('lets in whom it vouches for, with the role that a group of theirs has', async () => {
    const alice = await signedIn('alice')
    expect(alice.page.url()).toBe(`${world.url}/`)
    expect(await alice.me()).toMatchObject({ id: 'user:alice@acme.com', name: 'Alice Chen', email: 'alice@acme.com', roles: ['person', 'operator'] })
    expect((await alice.api('/v1/agents')).status).toBe(200)
    expect(await world.recorded(({ event }) => event === 'admin.signed_in')).toMatchObject({ user: { id: 'user:alice@acme.com', name: 'Alice Chen' }, outcome: 'ok' })
  })

  it('lets in who is in no group, with no role', async () => {
    const bob = await signedIn('bob')
    expect(bob.page.url()).toBe(`${world.url}/`)
    expect(await bob.me()).toMatchObject({ id: 'user:bob@acme.com', name: 'Bob Diaz', roles: ['person'] })
    expect(await bob.api('/v1/agents')).toMatchObject({ status: 403, body: { code: 'role_required' } })
  })

  it('refuses an address that is not verified, says what to do, and lets another account try', async () => {
    const person = await signedIn('carol')
    expect(await person.heading()).toBe('You are not signed in')
    expect(await person.text()).toContain('Verify your address at your identity provider, then sign in again.')
    expect(await person.me()).toBeUndefined()
    expect(await denials()).toEqual(['the e-mail address is not verified'])
    await person.page.getByRole('link', { name: 'Use another account' }).click()
    await person.asked()
    await person.page.locator('#reset-login').click()
    await person.signIn(USERS.bob, keycloak.password)
    expect((await person.me())?.id).toBe('user:bob@acme.com')
  })

  it('leaves a wrong password to Keycloak, and takes the right one after it', async () => {
    const before = (await denials()).length
    const bob = await signedIn('bob', 'wrong')
    await bob.asked()
    expect(await bob.text()).toContain('Invalid username or password')
    expect(await bob.me()).toBeUndefined()
    expect(await denials()).toHaveLength(before)
    await bob.signIn(USERS.bob, keycloak.password)
    expect((await bob.me())?.id).toBe('user:bob@acme.com')
  })

  it('brings who was asked for consent back to it, and their approval to the agent', async () => {
    const agent = new OauthAgent(world.url, 'pr-reviewer')
    const alice = await browser()
    const details = [{ type: 'postern', integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }]
    const answered = Promise.withResolvers<URL>()
    await alice.page.route(`${REDIRECT}?**`, (route) => {
      answered.resolve(new URL(route.request().url()))
      return route.fulfill({ body: 'You can close this window.' })
    })
    await alice.page.goto(agent.authorizationUrl({ authorization_details: JSON.stringify(details) }))
    await alice.asked()
    await alice.signIn(USERS.alice, keycloak.password)
    expect(await alice.heading()).toBe('Let PR Reviewer act for you?')
    await alice.page.getByRole('button', { name: 'Approve' }).click()
    const { status, body } = await agent.redeem(await answered.promise)
    expect({ status, error: body['error_description'] }).toEqual({ status: 200, error: undefined })
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ iss: world.url, sub: 'agent:pr-reviewer', act: { sub: 'user:alice@acme.com' } })
  })
})

describe('what changes at Keycloak', () => {
  it('takes a role away with the group, at the next sign-in', async () => {
    const erin = await signedIn('erin')
    expect((await erin.me())?.roles).toEqual(['person', 'operator'])
    await keycloak.admin.leaveGroup('erin', 'platform-ops')
    await erin.forgetOurs()
    await erin.open('/login')
    expect(await erin.me()).toMatchObject({ id: 'user:erin@acme.com', roles: ['person'] })
  })

  it('keeps out whose account was disabled, also where they were signed in there', async () => {
    const dave = await signedIn('dave')
    expect((await dave.me())?.id).toBe('user:dave@acme.com')
    await keycloak.admin.disable('dave')
    await dave.forgetOurs()
    await dave.open('/login')
    expect(await dave.me()).toBeUndefined()
    await dave.asked()
    await dave.signIn(USERS.dave, keycloak.password)
    expect(await dave.text()).toContain('Account is disabled')
    expect(await dave.me()).toBeUndefined()
  })

  it('keeps out who has the address of somebody before them', async () => {
    expect((await (await signedIn('frank')).me())?.id).toBe('user:frank@acme.com')
    await keycloak.admin.replace(USERS.frank, keycloak.password)
    const namesake = await signedIn('frank')
    expect(await namesake.heading()).toBe('You are not signed in')
    expect(await namesake.text()).toContain('the address belongs to another account of the identity provider')
    expect(await namesake.me()).toBeUndefined()
    expect((await denials()).at(-1)).toBe('the address belongs to another account of the identity provider')
  })
})

describe('signing out', () => {
  it('ends Keycloak’s session with ours', async () => {
    const bob = await signedIn('bob')
    await bob.forgetOurs()
    await bob.open('/login')
    expect((await bob.me())?.id, 'Keycloak knows him still').toBe('user:bob@acme.com')
    const sessions = await keycloak.admin.sessionsOf('bob')

    await bob.open('/logout')
    await bob.page.getByRole('button', { name: 'Sign out' }).last().click()
    await bob.page.waitForURL(`${world.url}/signed-out`)
    expect(await bob.heading()).toBe('You are signed out')
    expect(await bob.me()).toBeUndefined()
    expect(await keycloak.admin.sessionsOf('bob')).toBe(sessions - 1)
    await bob.page.getByRole('link', { name: 'Sign in again' }).click()
    await bob.asked()
  })
})

describe('Keycloak that is down', () => {
  it('is told on a page, before a sign-in and in the middle of one, and is found again without a restart', async () => {
    const underWay = await browser()
    await underWay.open('/login')
    // Comes back with a code, but only once Keycloak is gone.
    const callback = await underWay.signInWithoutGoingOn(USERS.alice, keycloak.password)
    expect(callback).toContain('code=')
    await keycloak.stop()

    expect(await underWay.open(callback)).toBe(503)
    expect(await underWay.heading()).toBe('Your identity provider does not answer')
    expect(await underWay.me()).toBeUndefined()

    const other = await worldAt(otherOrigin)
    onTestFinished(() => other.close())
    const fresh = await browser(other.url)
    expect(await fresh.open('/login?return=/agents')).toBe(503)
    expect(await fresh.heading()).toBe('Your identity provider does not answer')
    expect(await fresh.text()).toContain('Agents go on with what was approved.')

    await keycloak.start()
    await fresh.page.getByRole('link', { name: 'Try again' }).click()
    await fresh.signIn(USERS.bob, keycloak.password)
    await fresh.page.waitForURL(`${other.url}/agents`)
    expect((await fresh.me())?.id).toBe('user:bob@acme.com')
    await underWay.page.getByRole('link', { name: 'Try again' }).click()
    await underWay.asked()
    await underWay.signIn(USERS.alice, keycloak.password)
    await underWay.page.waitForURL(`${world.url}/`)
    expect((await underWay.me())?.id).toBe('user:alice@acme.com')
  }, 330_000)
})
