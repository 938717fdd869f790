import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportPrivateKey, makeLeaf, makeRootCa } from '../../src/lib/certificates.ts'
import type { AdminWorld } from '../admin/support/admin-world.ts'
import { ApiUser } from './support/api-user.ts'
import { FakeAuthority } from './support/fake-authority.ts'
import { killAll, STACK, type Ended } from './support/process.ts'

let world: AdminWorld
let authority: FakeAuthority
let user: ApiUser
beforeEach(async () => {
  ;({ world, authority } = await FakeAuthority.start())
  user = new ApiUser()
})
afterEach(async () => {
  await killAll()
  await world.close()
  user.remove()
})

const stored = () => JSON.parse(readFileSync(user.loginsFile, 'utf8')) as { current: string; logins: Record<string, { accessToken: string; refreshToken: string; expiresAtMs: number }> }

async function signIn(args: readonly string[] = []): Promise<Ended> {
  const login = user.start(['login', '--url', world.url, ...args])
  const [page] = await login.says(/^http\S+\/oauth2\/authorize\S+$/m)
  expect(await authority.browse(page)).toContain('go back to the terminal')
  return login.ended
}

describe('postern login', () => {
  it('signs in by the browser: code, PKCE, a loopback port; the tokens lie in a file of the user’s own', async () => {
    expect(await signIn()).toMatchObject({ code: 0, stdout: `signed in  user:olivia@acme.com (olivia)\nat         ${world.url}\nas         person, operator\n` })
    expect(authority.requests).toEqual([{ grant: 'authorization_code', resource: `${world.url}/v1` }])
    expect(statSync(user.loginsFile).mode & 0o777).toBe(0o600)
    expect(stored()).toMatchObject({ current: world.url, logins: { [world.url]: { person: 'user:olivia@acme.com' } } })
    const { code, stdout } = await user.run(['whoami', '--json'])
    expect({ code, who: JSON.parse(stdout) as object }).toMatchObject({ code: 0, who: { id: 'user:olivia@acme.com', roles: ['person', 'operator'] } })
  })

  it('takes no answer that names another state, another path, or another issuer', async () => {
    const login = user.start(['login', '--url', world.url])
    const [page] = await login.says(/^http\S+\/oauth2\/authorize\S+$/m)
    const redirect = new URL(page).searchParams.get('redirect_uri') ?? ''
    expect((await fetch(`${redirect}?code=x&state=another&iss=${world.url}`)).status).toBe(404)
    expect((await fetch(redirect.replace('/callback', '/other'))).status).toBe(404)
    expect((await fetch(`${redirect}?${new URL(page).searchParams.toString()}`, { method: 'POST' })).status).toBe(404)
    authority.issInAnswer = 'https://evil.example'
    await authority.browse(page)
    const { code, stderr } = await login.ended
    expect({ code, requests: authority.requests }).toEqual({ code: 69, requests: [] })
    expect(stderr).not.toMatch(STACK)
  })

  it('signs in by a code that is confirmed elsewhere', async () => {
    const { code, stderr } = await user.run(['login', '--url', world.url, '--device'])
    expect(code).toBe(0)
    expect(stderr).toContain('WDJB-MJHT')
    expect(authority.requests.map(({ grant }) => grant)).toEqual(['urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:device_code'])
    expect((await user.run(['whoami'])).code).toBe(0)
  })

  it('renews what has ended, once for several commands at the same time', async () => {
    authority.lifetime = 1
    await signIn()
    authority.lifetime = 600
    const answers = await Promise.all([1, 2, 3].map(() => user.run(['whoami'])))
    expect(answers.map(({ code, stderr }) => ({ code, stderr }))).toEqual([1, 2, 3].map(() => ({ code: 0, stderr: '' })))
    expect(authority.requests.filter(({ grant }) => grant === 'refresh_token')).toHaveLength(1)
  })

  it('renews what the authority refuses before its time', async () => {
    await signIn()
    world.tokens.clear()
    expect(await user.run(['whoami'])).toMatchObject({ code: 0, stderr: '' })
    expect(authority.requests.at(-1)).toEqual({ grant: 'refresh_token', resource: `${world.url}/v1` })
  })

  it('says that one has to sign in again once nothing can be renewed: exit 77', async () => {
    await signIn()
    world.tokens.clear()
    authority.refreshTokens.clear()
    expect(await user.run(['whoami'])).toMatchObject({ code: 77, stdout: '', stderr: 'postern: the login has ended: sign in again with "postern login"\n' })
  })

  it('forgets and revokes at logout', async () => {
    await signIn()
    const { accessToken, refreshToken } = stored().logins[world.url] ?? { accessToken: '', refreshToken: '' }
    expect(await user.run(['logout'])).toMatchObject({ code: 0, stdout: `user:olivia@acme.com is signed out at ${world.url}\n` })
    expect(authority.revoked).toEqual([refreshToken, accessToken])
    expect(readFileSync(user.loginsFile, 'utf8')).not.toContain(accessToken)
    expect(await user.run(['whoami'])).toMatchObject({ code: 77, stderr: expect.stringContaining('nobody is signed in') })
    expect(await user.run(['logout'])).toMatchObject({ code: 0, stdout: 'nobody was signed in\n' })
  })

  it('forgets the login although the authority cannot be told: exit 69', async () => {
    await signIn()
    await world.close()
    expect(await user.run(['logout'])).toMatchObject({ code: 69, stderr: expect.stringContaining('the login is forgotten here, but the authority could not be told') })
    expect(stored().logins).toEqual({})
  })

  it('trusts the authority’s own certificate where --ca names it, and nothing less', async () => {
    const [from, to] = [Date.now() - 60_000, Date.now() + 3_600_000]
    const issuer = await makeRootCa({ commonName: 'test', notBeforeMs: from, notAfterMs: to })
    const leaf = await makeLeaf({ commonName: 'postern', issuer, usage: 'server', ipAddresses: ['127.0.0.1'], notBeforeMs: from, notAfterMs: to })
    const secure = await FakeAuthority.start({ key: exportPrivateKey(leaf.privateKey), cert: leaf.certificatePem })
    try {
      user.env = { POSTERN_URL: secure.world.url, POSTERN_TOKEN: 'token-of-alice' }
      writeFileSync(`${user.home}/ca.pem`, issuer.certificatePem)
      expect(await user.run(['whoami', '--ca', 'ca.pem'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('user:alice@acme.com') })
      expect(await user.run(['login', '--device', '--ca', 'ca.pem'])).toMatchObject({ code: 0 })
      expect(await user.run(['whoami'])).toMatchObject({ code: 69, stdout: '', stderr: expect.stringMatching(/cannot be reached: .*certificate/) })
      expect(await user.run(['whoami', '--ca', 'none.pem'])).toMatchObject({ code: 78, stderr: 'postern: there is no none.pem\n' })
    } finally {
      await secure.world.close()
    }
  })
})

describe('a command that asks the authority', () => {
  it('takes POSTERN_URL and POSTERN_TOKEN, and shows a token to no other authority', async () => {
    await signIn()
    user.env = { POSTERN_TOKEN: 'token-of-alice' }
    expect(await user.run(['whoami'])).toMatchObject({ code: 78, stdout: '', stderr: expect.stringContaining('set POSTERN_URL too') })
    user.env = { POSTERN_TOKEN: 'token-of-alice', POSTERN_URL: world.url }
    expect(await user.run(['whoami'])).toMatchObject({ code: 0, stdout: expect.stringContaining('user:alice@acme.com') })
    user.env = { POSTERN_TOKEN: 'token-of-nobody', POSTERN_URL: world.url }
    expect(await user.run(['whoami'])).toMatchObject({ code: 77, stdout: '', stderr: expect.stringContaining('[sign_in_required]') })
  })

  it.each([
    ['ftp://postern.acme.com', 64], ['http://postern.acme.com', 64], ['https://postern.acme.com/path', 64], ['https://user@postern.acme.com', 64],
  ])('refuses --url %s: exit %i', async (url, code) => {
    expect(await user.run(['whoami', '--url', url])).toMatchObject({ code, stdout: '', stderr: expect.stringContaining('It is an origin such as https://postern.acme.com') })
  })

  it('refuses a POSTERN_URL that is none: exit 78', async () => {
    user.env = { POSTERN_URL: 'http://postern.acme.com', POSTERN_TOKEN: 'x' }
    expect(await user.run(['whoami'])).toMatchObject({ code: 78, stderr: expect.stringContaining('POSTERN_URL is no origin') })
  })

  it('says that nobody is there: exit 69', async () => {
    const silent = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    user.env = { POSTERN_TOKEN: 'x', POSTERN_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
    const { code, stderr } = await user.run(['agent', 'list'])
    expect({ code, stderr }).toEqual({ code: 69, stderr: expect.stringMatching(/^postern: http:\S+ cannot be reached: [^\n]+\n$/) })
    await new Promise<void>((resolve) => silent.close(() => resolve()))
  })

  it('uses no logins that others may read, or that are none: exit 78', async () => {
    await signIn()
    chmodSync(user.loginsFile, 0o640)
    expect(await user.run(['whoami'])).toMatchObject({ code: 78, stderr: expect.stringContaining('chmod 600') })
    chmodSync(user.loginsFile, 0o600)
    writeFileSync(user.loginsFile, '{}')
    expect(await user.run(['whoami'])).toMatchObject({ code: 78, stderr: expect.stringContaining('holds no logins') })
  })
})
