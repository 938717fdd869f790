import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../../src/authority/tokens/sign-delegation-token.ts'
import type { DelegationTokenClaims } from '../../src/authority/tokens/sign-delegation-token.ts'
import { newId, parseAgentId, parsePersonId } from '../../src/model/ids.ts'
import { delegationTokenProfile } from '../../src/proxy/identify/delegation-claims.ts'
import { jwksFromFile } from '../../src/proxy/identify/jwks.ts'
import { TokenVerifier } from '../../src/proxy/identify/token-verifier.ts'
import { systemClock } from '../../src/lib/clock.ts'

const NOW_MS = Date.parse('2026-11-21T09:00:00Z')
const agent = parseAgentId('agent:pr-reviewer')
const person = parsePersonId('user:alice@acme.com')
if (agent === undefined || person === undefined) throw new TypeError('no ids')

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-keys-'))
})
afterEach(() => rm(directory, { recursive: true }))

function claims(overrides: Partial<DelegationTokenClaims> = {}): DelegationTokenClaims {
  if (agent === undefined || person === undefined) throw new TypeError('no ids')
  return {
    issuer: DEVELOPMENT_ISSUER, audience: DEVELOPMENT_AUDIENCE, profile: 'postern', agent, person, personName: 'Alice Chen', clientId: 'pr-reviewer',
    delegation: newId('dlg'), session: newId('ses'), consent: [{ integration: 'github', scopes: ['pulls:read', 'contents:read'], targets: ['acme-corp/*'] }],
    issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 3_600_000, ...overrides,
  }
}

describe('a token that we sign', () => {
  test.each(['postern', 'rfc8693'] as const)('is what the proxy takes, in the profile %s', async (profile) => {
    const { signingKey, jwksFile } = await createDevelopmentKeys(directory)
    const keys = jwksFromFile(jwksFile, { clock: systemClock, onProblem: (message) => { throw new Error(message) } })
    const verifier = new TokenVerifier([
      delegationTokenProfile({ issuer: DEVELOPMENT_ISSUER, audience: DEVELOPMENT_AUDIENCE, keys, maxLifetimeMs: 3_600_000, claims: profile }),
    ])
    const told = claims({ profile, certificateThumbprint: 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0' })
    const verified = await verifier.verify(await signDelegationToken(told, signingKey), NOW_MS)
    expect(verified).toMatchObject({
      kind: 'delegation', agent: 'agent:pr-reviewer',
      delegation: { id: told.delegation, session: told.session, person: 'user:alice@acme.com', personName: 'Alice Chen', consent: told.consent },
      confirmation: { certificate: told.certificateThumbprint, dpopKey: undefined },
    })
    const other = await signDelegationToken(claims({ profile: profile === 'postern' ? 'rfc8693' : 'postern' }), signingKey)
    expect(await verifier.verify(other, NOW_MS)).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/claims profile/) })
  })

  test('is not signed to end before it begins', async () => {
    const { signingKey } = await createDevelopmentKeys(directory)
    expect(() => signDelegationToken(claims({ expiresAtMs: NOW_MS }), signingKey)).toThrow(TypeError)
  })
})

describe('the development keys', () => {
  test('are made once: private, with a public key set beside them', async () => {
    const state = join(directory, 'state')
    const first = await createDevelopmentKeys(state)
    expect((await stat(first.keyFile)).mode & 0o777).toBe(0o600)
    expect((await stat(state)).mode & 0o077).toBe(0)
    expect(await readFile(first.jwksFile, 'utf8')).not.toMatch(/"d"/)
    expect((await createDevelopmentKeys(state)).signingKey.kid).toBe(first.signingKey.kid)
    expect((await readdir(state)).sort()).toEqual(['development-jwks.json', 'development-key.pem'])
  })

  test('are the same for several that make them at once', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => createDevelopmentKeys(directory)))
    expect(new Set(all.map((keys) => keys.signingKey.kid)).size).toBe(1)
    expect((await readdir(directory)).sort()).toEqual(['development-jwks.json', 'development-key.pem'])
  })

  test('are refused where others can read the private one', async () => {
    const { keyFile } = await createDevelopmentKeys(directory)
    await chmod(keyFile, 0o644)
    await expect(createDevelopmentKeys(directory)).rejects.toThrow(`chmod 600 ${keyFile}`)
  })

  test('are refused where the file is something else', async () => {
    await writeFile(join(directory, 'development-key.pem'), 'hello', { mode: 0o600 })
    await expect(createDevelopmentKeys(directory)).rejects.toThrow(/no private key for ES256/)
  })
})
