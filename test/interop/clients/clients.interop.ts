import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../house/source-tree.ts'
import { startAuthorityWorld, type AuthorityWorld } from '../../support/authority-world.ts'
import { given } from '../given.ts'
import { runAgent, type Wish } from './agent-program.ts'

const SCOPE = 'github:pulls:read'
const DETAILS = [{ type: 'postern', integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]

let world: AuthorityWorld
let keyFile: string

beforeAll(async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
  keyFile = join(await mkdtemp(join(given('RUN'), 'clients-')), 'key.pem')
  await writeFile(keyFile, privateKey, { mode: 0o600 })
  world = await startAuthorityWorld({
    personAuthority: false,
    config: (text) => text.replace('name: Release Notes, owner: team-release', `name: Release Notes, owner: team-release, public_key: ${JSON.stringify(publicKey)}`),
  })
})
afterAll(() => world.close())

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ISSUER: world.url, CALL: `${world.baseUrl('github')}/repos/acme-corp/backend/pulls/42`, CLIENT_ID: 'pr-reviewer', SCOPE, DETAILS: JSON.stringify(DETAILS),
  PYTHONDONTWRITEBYTECODE: '1',
  // They want https, and would be right anywhere but on loopback.
  AUTHLIB_INSECURE_TRANSPORT: '1', OAUTHLIB_INSECURE_TRANSPORT: '1',
  ...more,
})

const python = (program: string, args: readonly string[], env = environment(), browse = approve): Promise<unknown> =>
  runAgent(given('PYTHON'), [join(root, 'test', 'interop', 'clients', 'python', program), ...args], env, browse)

/** Alice signs in, types in the code where there is one, and approves. */
async function approve({ open, code }: Wish): Promise<void> {
  const alice = await world.signedIn('alice')
  await alice.get(open)
  if (code !== undefined) {
    expect(alice.text()).toContain('Type in the code')
    await alice.submit()
    expect(alice.text()).toContain(code)
  }
  expect(alice.title()).toBe('Let PR Reviewer act for you?')
  await alice.submit({ answer: 'approve' })
  const onward = alice.onward()
  if (onward === undefined) throw new Error(`the answer was not taken: ${alice.status} ${alice.text()}`)
  await alice.get(new URL(onward, world.url).href)
}

async function deny({ open }: Wish): Promise<void> {
  const alice = await world.signedIn('alice')
  await alice.get(open)
  await alice.submit({ answer: 'deny' })
  await alice.get(new URL(alice.onward() ?? '', world.url).href)
}

const WHOLE_LIFE = {
  claims: { typ: 'at+jwt', sub: 'agent:pr-reviewer', act: 'user:alice@acme.com' },
  called: 200, refreshed: true, called_after: 200,
  introspected: { active: true, client_id: 'pr-reviewer' },
  revoked: 200, introspected_after: { active: false }, refused: 403, refresh_refused: 'invalid_grant',
}

describe('Authlib (Python)', () => {
  it('passes code and PKCE with details, the keys, refresh, introspection and revocation', async () => {
    expect(await python('authlib_agent.py', ['code'])).toEqual(WHOLE_LIFE)
  })

  it('passes the device flow', async () => {
    expect(await python('authlib_agent.py', ['device'])).toEqual({ waited: expect.any(Array), ...WHOLE_LIFE })
  })

  it('proves itself by a key and acts for itself, where a rule of the organisation says so', async () => {
    const itself = environment({ CLIENT_ID: 'release-notes', KEY: keyFile, LIFETIME: '60' })
    expect(await python('authlib_agent.py', ['itself'], itself)).toEqual({ claims: { typ: 'at+jwt', sub: 'agent:release-notes', act: null }, called: 200, refresh_token: false })
    await expect(python('authlib_agent.py', ['itself'], { ...itself, LIFETIME: '3600' }), 'Authlib’s default is too long').rejects.toThrow(/OAuthError: invalid_client/)
  })
})

describe('requests-oauthlib (Python)', () => {
  it('passes code and PKCE with its strict reading of scopes, refreshes by itself, and revokes', async () => {
    expect(await python('requests_oauthlib_agent.py', [])).toEqual({
      scope: [SCOPE], called: 200, called_after: 200, refreshed: true, revoked: 200, refused: 403, refresh_refused: 'invalid_grant',
    })
  })

  it('is told of a denial in its own words', async () => {
    await expect(python('requests_oauthlib_agent.py', [], environment(), deny)).rejects.toThrow(/AccessDeniedError: \(access_denied\)/)
  })
})

describe('golang.org/x/oauth2 (Go)', () => {
  for (const flow of ['code', 'device'] as const) {
    it(`passes ${flow === 'code' ? 'code and PKCE' : 'the device flow'} and refreshes by itself, finding out how to authenticate`, async () => {
      expect(await runAgent(given('GO_CLIENT'), [flow], environment(), approve)).toEqual({
        called: 200, called_after: 200, scope: SCOPE, type: 'Bearer', refreshed: true,
      })
    })
  }
})
