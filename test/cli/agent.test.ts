import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { apiDependencies } from '../../src/cli/api/api-dependencies.ts'
import { agentCommand } from '../../src/cli/agent.ts'
import { delegationTokenProfile } from '../../src/proxy/identify/delegation-claims.ts'
import { jwksFromFile } from '../../src/proxy/identify/jwks.ts'
import { TokenVerifier } from '../../src/proxy/identify/token-verifier.ts'
import { SMALL } from '../config/fixture.ts'

const NOW_MS = Date.parse('2026-11-21T09:00:00Z')
const clock = { nowMs: () => NOW_MS, monotonicMs: () => 0 }

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-agent-'))
})
afterEach(() => rm(directory, { recursive: true }))

interface Ran {
  readonly out: string
  readonly err: string
  readonly code: number
}

class Sink extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

async function run(args: readonly string[], config?: string): Promise<Ran> {
  const [stdout, stderr] = [new Sink(), new Sink()]
  let code = 0
  const command = agentCommand({ stdout, stderr, clock, api: apiDependencies(), defaultConfig: () => config, setExitCode: (set) => { code = set } })
  const strict = [command, ...command.commands]
  for (const each of strict) each.exitOverride().configureOutput({ writeErr: (text) => { stderr.write(text) }, writeOut: (text) => { stdout.write(text) } })
  try {
    await command.parseAsync(['token', '--state', join(directory, 'state'), ...args], { from: 'user' })
  } catch {
    code = 1
  }
  return { out: stdout.text, err: stderr.text, code }
}

const USUAL = ['--agent', 'agent:pr-reviewer', '--for', 'user:alice@acme.com', '--integration', 'github', '--scope', 'pulls:read', 'contents:read', '--target', 'acme-corp/*']

describe('postern agent token', () => {
  test('prints the token alone, and what to know about it to standard error', async () => {
    const { out, err, code } = await run([...USUAL, '--ttl', '10m', '--name', 'Alice Chen'])
    expect(code).toBe(0)
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(decodeProtectedHeader(out.trim())).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
    expect(decodeJwt(out.trim())).toMatchObject({
      sub: 'agent:pr-reviewer', act: { sub: 'user:alice@acme.com', name: 'Alice Chen' }, exp: NOW_MS / 1000 + 600, client_id: 'pr-reviewer',
      scope: 'github:pulls:read github:contents:read',
      authorization_details: [{ type: 'postern', integration: 'github', scopes: ['pulls:read', 'contents:read'], targets: ['acme-corp/*'] }],
    })
    expect(err).toMatch(/agent:pr-reviewer for user:alice@acme\.com until 2026-11-21T09:10:00\.000Z/)
    expect(err).not.toContain(out.trim().slice(-20))
    expect((await stat(join(directory, 'state', 'development-key.pem'))).mode & 0o777).toBe(0o600)
  })

  test('makes what the proxy takes, with the key set beside the key', async () => {
    const { out } = await run(USUAL)
    const keys = jwksFromFile(join(directory, 'state', 'development-jwks.json'), { clock, onProblem: (message) => { throw new Error(message) } })
    const { iss: issuer = '', aud: audience } = decodeJwt(out.trim())
    const profile = delegationTokenProfile({ issuer, audience: String(audience), keys, maxLifetimeMs: 86_400_000, claims: 'postern' })
    expect(await new TokenVerifier([profile]).verify(out.trim(), NOW_MS)).toMatchObject({ kind: 'delegation', agent: 'agent:pr-reviewer' })
  })

  test('takes issuer, audience and claims of the configuration, and warns of what it will refuse', async () => {
    const config = join(directory, 'postern.yaml')
    await writeFile(config, SMALL.replace('jwks: {', 'claims: rfc8693\n    jwks: {').replace('  - id: agent:deployer', '  - { id: agent:deployer, status: revoked }'))
    const { out, err } = await run(USUAL, config)
    expect(decodeJwt(out.trim())).toMatchObject({
      iss: 'https://issuer.example', aud: 'https://postern.example', sub: 'user:alice@acme.com', act: { sub: 'agent:pr-reviewer' }, postern_profile: 'rfc8693',
    })
    expect(err).toMatch(/warning: no integration of the configuration is named github/)
    expect(err).not.toMatch(/not among/)
    const [revoked, unknown] = await Promise.all(['agent:deployer', 'agent:nobody'].map((agent) => run(USUAL.with(1, agent), config)))
    expect(revoked?.err).toMatch(/warning: agent:deployer is revoked/)
    expect(unknown?.err).toMatch(/warning: agent:nobody is not among/)
  })

  test('takes given ids and a certificate', async () => {
    const thumbprint = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0'
    const { out } = await run([...USUAL, '--delegation', 'dlg_1', '--session', 'ses_1', '--thumbprint', thumbprint])
    expect(decodeJwt(out.trim())).toMatchObject({ dlg: 'dlg_1', sid: 'ses_1', cnf: { 'x5t#S256': thumbprint } })
  })

  const refused: readonly [string, readonly string[], RegExp][] = [
    ['an agent id without its prefix', USUAL.with(1, 'pr-reviewer'), /an agent id is `agent:` and a name/],
    ['a person’s id without its prefix', USUAL.with(3, 'alice@acme.com'), /a person’s id is `user:`/],
    ['an integration in capitals', USUAL.with(5, 'GitHub'), /an integration’s name/],
    ['a scope with a space', USUAL.with(7, 'pulls read'), /a scope is/],
    ['a life that is too long', [...USUAL, '--ttl', '25h'], /at most 24h/],
    ['a life without unit', [...USUAL, '--ttl', '60'], /a duration such as/],
    ['a delegation id that is none', [...USUAL, '--delegation', 'ses_1'], /a delegation id is/],
    ['a thumbprint in hex', [...USUAL, '--thumbprint', 'ab'.repeat(32)], /43 base64url/],
    ['no target', USUAL.slice(0, -2), /--target/],
    ['no person', USUAL.toSpliced(2, 2), /--for/],
  ]
  test.each(refused)('refuses %s', async (_, args, message) => {
    const { out, err, code } = await run(args)
    expect(out).toBe('')
    expect(err).toMatch(message)
    expect(code).toBe(1)
  })

  test('refuses a key that others can read, and a configuration that cannot be read, with exit code 78', async () => {
    await run(USUAL)
    await chmod(join(directory, 'state', 'development-key.pem'), 0o604)
    expect(await run(USUAL)).toMatchObject({ out: '', code: 78, err: expect.stringMatching(/chmod 600/) })
    expect(await run(USUAL, join(directory, 'none.yaml'))).toMatchObject({ out: '', code: 78, err: expect.stringMatching(/none\.yaml:1:1: there is no/) })
  })

  test('signs with a key of one’s own', async () => {
    const other = await mkdtemp(join(tmpdir(), 'postern-other-'))
    const key = join(other, 'my.pem')
    await run([...USUAL, '--key', key])
    expect(await readFile(key, 'utf8')).toMatch(/BEGIN PRIVATE KEY/)
    await rm(other, { recursive: true })
  })
})
