import { X509Certificate, createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exportPrivateKey, makeLeaf, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'
import type { AgentId, DelegationId, PersonId, SessionId } from '../../src/model/ids.ts'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld } from '../support/authority-world.ts'
import { requestBytes } from '../support/agent-client.ts'
import { policiesWith } from '../support/policies.ts'
import { Wire } from '../support/wire.ts'
import { delegationOf, READ_PULLS, sessionOf } from './support/calls.ts'

const DAY_MS = 86_400_000
const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS }

let world: AuthorityWorld
let root: CertifiedKey
let forAlice: AgentRun
let forBob: AgentRun
/** Two certificates of the same agent, as of two of its replicas. */
let one: CertifiedKey
let other: CertifiedKey
beforeAll(async () => {
  root = await makeRootCa({ commonName: 'agents', ...validity })
  const server = await makeLeaf({ commonName: 'postern', issuer: root, usage: 'server', ipAddresses: ['127.0.0.1'], ...validity })
  const leaf = (): Promise<CertifiedKey> => makeLeaf({ commonName: 'a', issuer: root, usage: 'client', uris: ['spiffe://acme.com/agents/pr-reviewer'], ...validity })
  ;[one, other] = [await leaf(), await leaf()]
  world = await startAuthorityWorld({
    personAuthority: false,
    config: (text, { files }) => {
      const file = (name: string): string => `{ file: ${JSON.stringify(join(files.ca, '..', '..', name))} }`
      return text.replace(/^listener: \{ /m, `listener: { tls: { certificate: ${file('listener.pem')}, key: ${file('listener-key.pem')}, client_ca: ${file('agents-ca.pem')} }, `)
        .replace('id: "agent:pr-reviewer", ', 'id: "agent:pr-reviewer", spiffe: "spiffe://acme.com/agents/pr-reviewer", ')
    },
    policies: async (directory) => {
      await writeFile(join(directory, 'listener.pem'), server.certificatePem)
      await writeFile(join(directory, 'listener-key.pem'), exportPrivateKey(server.privateKey), { mode: 0o600 })
      await writeFile(join(directory, 'agents-ca.pem'), root.certificatePem)
      return policiesWith({})(directory)
    },
  })
  forAlice = await approvedRun(world, await world.signedIn('alice'), 'pr-reviewer', [READ_PULLS])
  forBob = await approvedRun(world, await world.signedIn('bob'), 'pr-reviewer', [READ_PULLS])
})
afterAll(() => world.close())

async function outcome(certificate: CertifiedKey | undefined, fields: readonly string[]): Promise<string> {
  const identity = certificate === undefined ? {} : { cert: certificate.certificatePem, key: exportPrivateKey(certificate.privateKey) }
  const wire = new Wire(connectTls({ host: '127.0.0.1', port: world.port, ca: root.certificatePem, ...identity }), () => undefined)
  const { status, code } = await wire.ask(requestBytes('GET', '/github/repos/acme-corp/backend/pulls/42', '127.0.0.1', { fields }))
  wire.close()
  return code ?? String(status)
}

/** A token of this run that our authority bound to a certificate. */
async function bound(run: AgentRun, person: string, { certificatePem }: CertifiedKey): Promise<string> {
  const nowMs = Date.now()
  return await world.service.authority?.oauth.signDelegation({
    audience: world.url, agent: 'agent:pr-reviewer' as AgentId, person: person as PersonId, clientId: 'pr-reviewer', consent: [READ_PULLS],
    delegation: delegationOf(run.access) as DelegationId, session: sessionOf(run.access) as SessionId, issuedAtMs: nowMs, expiresAtMs: nowMs + 60_000,
    certificateThumbprint: createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('base64url'),
  }) ?? ''
}

it('is the agent’s, and nobody’s delegation: not even where there is only one that it could be', async () => {
  expect(await outcome(one, [])).toBe('delegation_required')
})

it('serves each run with the token of that run, and not with two', async () => {
  expect(await outcome(one, [`Postern-Delegation: ${forAlice.access}`])).toBe('200')
  expect(await outcome(one, [`Postern-Delegation: ${forBob.access}`])).toBe('200')
  const users = (await world.records()).filter(({ event }) => event === 'api.call').map(({ user, delegation, identified_by: by }) => [(user as { id: string }).id, delegation, by])
  expect(users).toEqual([['user:alice@acme.com', delegationOf(forAlice.access), 'mtls'], ['user:bob@acme.com', delegationOf(forBob.access), 'mtls']])
  expect(await outcome(one, [`Authorization: Bearer ${forBob.access}`, `Postern-Delegation: ${forAlice.access}`])).toBe('proof_mismatch')
  expect(await outcome(one, [`Postern-Delegation: ${delegationOf(forAlice.access)}`])).toBe('token_invalid')
})

it('of another replica does not show a token that is bound to the first one’s', async () => {
  const token = await bound(forAlice, 'user:alice@acme.com', one)
  expect(await outcome(one, [`Postern-Delegation: ${token}`])).toBe('200')
  expect(await outcome(one, [`Authorization: Bearer ${token}`])).toBe('200')
  for (const fields of [[`Postern-Delegation: ${token}`], [`Authorization: Bearer ${token}`]]) expect(await outcome(other, fields)).toBe('proof_mismatch')
  expect(await outcome(undefined, [`Authorization: Bearer ${token}`])).toBe('proof_mismatch')
})

it('does not make a token Alice’s that names her delegation for Bob', async () => {
  expect(await outcome(one, [`Postern-Delegation: ${await bound(forAlice, 'user:bob@acme.com', one)}`])).toBe('proof_mismatch')
  const mixed = { ...forBob, access: [forBob.access.split('.')[0], Buffer.from(JSON.stringify({ sid: sessionOf(forBob.access), dlg: delegationOf(forAlice.access) })).toString('base64url'), ''].join('.') }
  expect(await outcome(one, [`Postern-Delegation: ${await bound(mixed, 'user:alice@acme.com', one)}`])).toBe('proof_mismatch')
})
