import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportPrivateKey, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { ask, makeIdentities, sendRaw, startHarness, told, untilHead, type Harness, type Identities } from './harness.ts'

const DAY_MS = 86_400_000
const SPIFFE = 'spiffe://acme.com/agents/pr'
const REQUEST = 'GET /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'

let identities: Identities
let harness: Harness
let directory: string
const clock = { aheadMs: 0, nowMs: () => systemClock.nowMs() + clock.aheadMs, monotonicMs: systemClock.monotonicMs }

beforeAll(async () => {
  identities = await makeIdentities()
  directory = mkdtempSync(join(tmpdir(), 'postern-tls-'))
  harness = await startHarness({
    clock,
    tls: { identity: identities.server, clientCaPem: identities.root.certificatePem, trustDomain: 'acme.com' },
  })
})
afterAll(async () => {
  await harness.close()
  rmSync(directory, { recursive: true, force: true })
})

async function dial(client: CertifiedKey | undefined, session?: Buffer): Promise<TLSSocket> {
  const socket = connectTls({
    port: harness.listener.port,
    host: '127.0.0.1',
    ca: identities.root.certificatePem,
    ...(client === undefined ? {} : { cert: client.certificatePem, key: exportPrivateKey(client.privateKey) }),
    ...(session === undefined ? {} : { session }),
  })
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  return socket
}

function curl(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('curl', ['-sS', '--max-time', '10', ...args], { env: { PATH: process.env['PATH'] } }, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

function curlFiles(name: string, client: CertifiedKey): readonly string[] {
  const [cert, key, ca, roots] = ['crt', 'key', 'ca', 'roots'].map((end) => join(directory, `${name}.${end}`)) as [string, string, string, string]
  writeFileSync(cert, client.certificatePem)
  writeFileSync(key, exportPrivateKey(client.privateKey), { mode: 0o600 })
  writeFileSync(ca, identities.root.certificatePem)
  writeFileSync(roots, harness.roots)
  return ['--proxy', `https://localhost:${harness.listener.port}`, '--proxy-cacert', ca, '--proxy-cert', cert, '--proxy-key', key, '--cacert', roots]
}

describe('TLS on the listener', () => {
  it('shows the certificate to identify: URIs, subject, thumbprint and end', async () => {
    const client = await identities.client({ uris: [SPIFFE] })
    expect(told(await ask(await dial(client), REQUEST)).status).toBe(200)
    expect(harness.received.at(-1)?.request.scheme).toBe('https')
    expect(harness.received.at(-1)?.proofs.certificate).toEqual({
      uris: [SPIFFE],
      subject: 'CN=pr-reviewer,O=Acme',
      thumbprint: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as string,
      notAfterMs: expect.any(Number) as number,
    })
  })

  it('lets an agent without a certificate go on to its token', async () => {
    expect(told(await ask(await dial(undefined), REQUEST)).status).toBe(200)
    expect(harness.received.at(-1)?.proofs.certificate).toBeUndefined()
  })

  const refusals: readonly (readonly [name: string, client: () => Promise<CertifiedKey>, detail: RegExp])[] = [
    ['another authority', async () => identities.client({ uris: [SPIFFE], issuer: await otherRoot() }), /does not verify/],
    ['an expired certificate', () => identities.client({ uris: [SPIFFE], notAfterMs: systemClock.nowMs() - 1_000 }), /CERT_HAS_EXPIRED/],
    ['another trust domain', () => identities.client({ uris: ['spiffe://evil.com/agents/pr'] }), /another SPIFFE trust domain/],
    ['a trust domain that only begins alike', () => identities.client({ uris: ['spiffe://acme.com.evil.com/agents/pr'] }), /another SPIFFE trust domain/],
    ['a SPIFFE id without a path', () => identities.client({ uris: ['spiffe://acme.com'] }), /another SPIFFE trust domain/],
    ['two URIs', () => identities.client({ uris: [SPIFFE, 'spiffe://acme.com/agents/admin'] }), /more than one URI/],
    ['a server’s certificate', async () => identities.server, /does not verify/],
  ]
  for (const [name, make, detail] of refusals) {
    it(`${name}: refused for every request and told`, async () => {
      const before = harness.received.length
      const answer = await ask(await dial(await make()), REQUEST)
      expect(told(answer)).toEqual({ status: 403, code: 'certificate_refused', close: true })
      expect(harness.refused.at(-1)?.denial.detail).toMatch(detail)
      expect(harness.received.length).toBe(before)
    })
  }

  it('never resumes a session where certificates are asked for', async () => {
    const client = await identities.client({ uris: [SPIFFE] })
    const first = await dial(client)
    let ticket: Buffer | undefined
    first.on('session', (session) => { ticket = session })
    expect(told(await ask(first, REQUEST)).status).toBe(200)
    // Without a ticket from the server this is the session of the handshake itself.
    const again = await dial(undefined, ticket ?? first.getSession())
    expect(again.isSessionReused()).toBe(false)
    await ask(again, REQUEST)
    expect(harness.received.at(-1)?.proofs.certificate).toBeUndefined()
  })

  it('refuses a certificate that ends while its connection lives', async () => {
    const socket = await dial(await identities.client({ uris: [SPIFFE] }))
    const first = await new Promise<string>((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')))
      socket.write(REQUEST)
    })
    expect(told(first).status).toBe(200)
    clock.aheadMs = 2 * DAY_MS
    const second = await ask(socket, REQUEST)
    clock.aheadMs = 0
    expect(told(second)).toEqual({ status: 403, code: 'certificate_refused', close: true })
  })

  it('curl --proxy-cert: a good certificate reaches the inside of a tunnel; a wrong one is told why', async () => {
    const good = curlFiles('good', await identities.client({ uris: [SPIFFE] }))
    expect(await curl([...good, 'https://api.example.com/x'])).toContain('"host":"api.example.com"')
    expect(harness.received.at(-1)?.proofs.certificate?.uris).toEqual([SPIFFE])
    for (const client of [await identities.client({ uris: ['spiffe://evil.com/x'] }), await identities.client({ uris: [SPIFFE], issuer: await otherRoot() })]) {
      const output = await curl([...curlFiles('bad', client), '-v', 'https://api.example.com/x'])
      expect(output).toContain('HTTP/1.1 403')
      expect(output).toContain('certificate_refused')
    }
  })

  it('TLS inside TLS: the tunnel’s own TLS is ended too', async () => {
    const outer = await dial(await identities.client({ uris: [SPIFFE] }))
    outer.write('CONNECT api.example.com:443 HTTP/1.1\r\n\r\n')
    const { socket, head } = await untilHead(outer)
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    const inner = connectTls({ socket, servername: 'api.example.com', ca: harness.roots })
    await new Promise((resolve, reject) => inner.once('secureConnect', resolve).once('error', reject))
    expect(told(await ask(inner, 'GET /x HTTP/1.1\r\nHost: api.example.com\r\n\r\n')).status).toBe(200)
    expect(harness.received.at(-1)).toMatchObject({ door: 'connect', request: { scheme: 'https', host: 'api.example.com' }, proofs: { certificate: { uris: [SPIFFE] } } })
  })

  it('plain HTTP on the TLS port, and a broken handshake, end that connection alone', async () => {
    await sendRaw(harness.listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await sendRaw(harness.listener.port, `\x16\x03\x01\x00\x20${'x'.repeat(64)}`, 9)
    expect(told(await ask(await dial(undefined), REQUEST)).status).toBe(200)
  })
})

async function otherRoot(): Promise<CertifiedKey> {
  return makeRootCa({ commonName: 'test root', notBeforeMs: systemClock.nowMs() - DAY_MS, notAfterMs: systemClock.nowMs() + DAY_MS })
}
