import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRedirectUri } from '../../src/http/redirect-uri.ts'
import { readPublicKey } from '../../src/authority/admin/agents/public-key.ts'
import { AdminWorld, OLIVIA, OSCAR } from './support/admin-world.ts'

let world: AdminWorld
beforeEach(async () => { world = await AdminWorld.start() })
afterEach(() => world.close())

const register = (body: object) => world.ask('POST', '/v1/agents', { as: OLIVIA, body })

describe('registering an agent', () => {
  it('never overwrites one, of the store or of the configuration, whoever comes first', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => register({ id: 'agent:new', name: `number ${at}` })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 409)])
    expect((await register({ id: 'agent:pr-reviewer' })).status).toBe(409)
    expect(world.named('agent.registered')).toHaveLength(1)
  })

  it.each([
    ['a SPIFFE id', { spiffe_id: 'spiffe://acme.com/pr-reviewer' }, 'This SPIFFE id is that of agent:pr-reviewer.'],
    ['our own client’s name', { id: 'agent:postern-cli' }, 'agent:postern-cli would be Postern’s own client.'],
  ])('takes %s away from nobody', async (_, more, detail) => {
    expect(await register({ id: 'agent:new', ...more })).toMatchObject({ status: 409, json: { code: 'state_conflict', detail } })
  })

  it('lets of two that want the same proof at once one have it', async () => {
    const proof = { subject: 'CN=new,  O=Acme', service_account: 'agents/new' }
    const answers = await Promise.all(['agent:a', 'agent:b'].map((id) => register({ id, ...proof })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409])
    expect(answers.find(({ status }) => status === 201)?.json).toMatchObject({ subject: 'CN=new,O=Acme', service_account: 'agents/new' })
    expect([...world.store.storedAgents.values()]).toMatchObject([{ serviceAccount: 'system:serviceaccount:agents:new' }])
  })

  it('is not done where it cannot be recorded', async () => {
    world.auditWritable = false
    expect(await register({ id: 'agent:new' })).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
    // What was done meanwhile is kept for the record.
    expect(world.named('agent.registered').length).toBe(world.store.storedAgents.size)
  })
})

describe('changing an agent', () => {
  const change = (body: object, as = OLIVIA) => world.ask('PATCH', '/v1/agents/agent:new', { as, body })
  beforeEach(async () => { await register({ id: 'agent:new', owner: 'platform', redirect_uris: ['https://agent.acme.com/callback'] }) })

  it('changes what is named, takes away what is null, leaves the rest, and is on record', async () => {
    expect((await change({ version: 1, name: 'New', owner: null }, OSCAR)).json).toMatchObject({
      version: 2, name: 'New', owner: null, redirect_uris: ['https://agent.acme.com/callback'], registered_by: OLIVIA.id,
    })
    expect(world.named('agent.changed')).toMatchObject([{ by: OSCAR.id, agent: { id: 'agent:new', name: 'New' }, reason: 'changed: name, owner' }])
  })

  it.each([
    ['a version that was read before another’s change', { version: 7, name: 'New' }, 409],
    ['another’s proof', { version: 1, spiffe_id: 'spiffe://acme.com/pr-reviewer' }, 409],
    ['nothing', { version: 1 }, 400],
    ['another id', { version: 1, id: 'agent:other' }, 400],
    ['a key that is none', { version: 1, public_key: 'x' }, 400],
  ])('is refused with %s', async (_, body, status) => {
    expect((await change(body)).status).toBe(status)
    expect(world.named('agent.changed')).toEqual([])
  })
})

describe('a redirect URI', () => {
  it.each([
    'https://agent.acme.com/callback', 'https://agent.acme.com:8443/a?b=c', 'http://127.0.0.1/callback', 'http://127.0.0.1:8080/callback', 'http://[::1]/callback',
  ])('%s is taken', (text) => expect(isRedirectUri(text)).toBe(true))

  it.each([
    'http://agent.acme.com/', 'http://localhost/callback', 'https://*.acme.com/', 'https://agent.acme.com/#x', 'https://user@agent.acme.com/', 'javascript:alert(1)',
    'https://agent.acme.com/a/../b', 'https://agent.acme.com/%2e%2e/b', 'https://agent.acme.com\\@evil.example/', 'https://agent.acme.com/a b', 'https://ägent.example/',
    'http://127.0.0.1.evil.example/', 'com.acme.agent:/callback', '//agent.acme.com/', '',
  ])('%s is not', (text) => expect(isRedirectUri(text)).toBe(false))
})

describe('a public key', () => {
  const pemOf = (key: KeyObject): string => key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString()
  const ed = generateKeyPairSync('ed25519')

  it.each([
    ['Ed25519', pemOf(ed.publicKey)],
    ['EC P-256', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)],
    ['RSA of 2048 bits', pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)],
  ])('%s is taken, in its usual form', (_, pem) => expect(readPublicKey(`\n${pem.replaceAll('\n', '\r\n')}`)).toEqual({ pem }))

  it.each([
    ['a private key', pemOf(ed.privateKey), 'it is no PEM block `PUBLIC KEY`'],
    ['a key with a private one behind it', pemOf(ed.publicKey) + pemOf(ed.privateKey), 'it is no PEM block `PUBLIC KEY`'],
    ['RSA of 1024 bits', pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), 'an RSA key has at least 2048 bits'],
    ['another curve', pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey), 'it is EC P-256, Ed25519 or RSA'],
    ['X25519', pemOf(generateKeyPairSync('x25519').publicKey), 'it is EC P-256, Ed25519 or RSA'],
    ['nonsense', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'it is no public key'],
  ])('%s is not', (_, pem, problem) => expect(readPublicKey(pem)).toEqual({ problem }))
})
