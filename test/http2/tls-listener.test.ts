import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportPrivateKey, type CertifiedKey } from '../../src/lib/certificates.ts'
import { ask as askHttp1, makeIdentities, startHarness, told, untilHead, type Harness, type Identities } from '../listener/harness.ts'
import { ask, handshake, sessionOn } from './h2-client.ts'

const SPIFFE = 'spiffe://acme.com/agents/pr'

let identities: Identities
let harness: Harness
let directory: string
beforeAll(async () => {
  identities = await makeIdentities()
  directory = mkdtempSync(join(tmpdir(), 'postern-h2-'))
  harness = await startHarness({ tls: { identity: identities.server, clientCaPem: identities.root.certificatePem, trustDomain: 'acme.com' } })
  writeFileSync(join(directory, 'ca'), identities.root.certificatePem)
  writeFileSync(join(directory, 'roots'), harness.roots)
})
afterAll(async () => {
  await harness.close()
  rmSync(directory, { recursive: true, force: true })
})

function dial(client?: CertifiedKey, protocols: readonly string[] = ['h2', 'http/1.1']): Promise<TLSSocket> {
  return handshake(connectTls({
    port: harness.listener.port, host: '127.0.0.1', ca: identities.root.certificatePem, ALPNProtocols: [...protocols],
    ...(client === undefined ? {} : { cert: client.certificatePem, key: exportPrivateKey(client.privateKey) }),
  }))
}

const session = async (client?: CertifiedKey): Promise<ClientHttp2Session> => sessionOn(await dial(client), `localhost:${harness.listener.port}`)

function curl(...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('curl', ['-sS', '--max-time', '10', '-w', ' %{http_version}', ...args], { env: { PATH: process.env['PATH'] } }, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

describe('HTTP/2 at the listener with TLS', () => {
  it('reaches an integration by its prefix, as HTTP/1.1 does', async () => {
    const h2 = await session()
    const answer = await ask(h2, { ':path': '/github/a?b=1', authorization: 'Bearer t1', 'content-type': 'application/json', ':method': 'POST' }, '{"a":1}')
    expect(JSON.parse(answer.body)).toMatchObject({ scheme: 'https', path: '/a', query: 'b=1', prefix: 'github', body: '{"a":1}', contentType: 'application/json' })
    expect(harness.received.at(-1)).toMatchObject({ door: 'reverse', proofs: { token: 't1' } })
    h2.close()
  })

  it('shows the client’s certificate to every stream; one that does not verify refuses every stream', async () => {
    const good = await session(await identities.client({ uris: [SPIFFE] }))
    expect((await ask(good, { ':path': '/github/a' })).status).toBe(200)
    expect(harness.received.at(-1)?.proofs.certificate?.uris).toEqual([SPIFFE])
    good.close()
    const wrong = await session(await identities.client({ uris: ['spiffe://evil.com/x'] }))
    for (const _ of [1, 2]) expect(await ask(wrong, { ':path': '/github/a' })).toMatchObject({ status: 403, body: expect.stringContaining('certificate_refused') as string })
    wrong.close()
  })

  it('sends a CONNECT back to HTTP/1.1, and goes on', async () => {
    const h2 = await session()
    expect(await ask(h2, { ':method': 'CONNECT', ':authority': 'api.example.com:443' }, '')).toMatchObject({ status: undefined, reset: 'NGHTTP2_HTTP_1_1_REQUIRED' })
    expect(harness.refused.at(-1)).toMatchObject({ door: 'connect', host: 'api.example.com:443', denial: { denial: 'method_refused' } })
    expect((await ask(h2, { ':path': '/github/a' })).status).toBe(200)
    h2.close()
  })

  it('takes a client that agreed on h2 and writes a CONNECT of HTTP/1.1, as Go does, for what it is', async () => {
    const outer = await dial(undefined, ['h2', 'http/1.1'])
    expect(outer.alpnProtocol).toBe('h2')
    // Byte by byte: what begins a word of HTTP/2 may be one of HTTP/1.
    for (const byte of 'CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n') outer.write(byte)
    const { socket, head } = await untilHead(outer)
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    const inner = await sessionOn(await handshake(connectTls({ socket, servername: 'api.example.com', ca: harness.roots, ALPNProtocols: ['h2'] })), 'api.example.com')
    expect((await ask(inner, { ':path': '/x' })).status).toBe(200)
    inner.destroy()
    const other = await dial()
    expect(told(await askHttp1(other, 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')).status).toBe(200)
    const noise = await dial()
    expect(told(await askHttp1(noise, 'PRx / HTTP/1.1\r\n\r\n')).status).toBe(400)
  })

  it('curl --http2: the listener itself, and through it a tunnel whose inside is HTTP/2 too', async () => {
    const own = ['--cacert', join(directory, 'ca')]
    expect(await curl('--http2', ...own, `https://localhost:${harness.listener.port}/github/x`)).toMatch(/"path":"\/x".* 2$/)
    expect(await curl('--http1.1', ...own, `https://localhost:${harness.listener.port}/github/x`)).toMatch(/ 1\.1$/)
    const proxied = ['--proxy', `https://localhost:${harness.listener.port}`, '--proxy-cacert', join(directory, 'ca'), '--cacert', join(directory, 'roots')]
    const body = 'x'.repeat(300_000)
    writeFileSync(join(directory, 'body'), body)
    expect(await curl('--http2', ...proxied, '--data-binary', `@${join(directory, 'body')}`, '-H', 'content-type: text/plain', 'https://api.example.com/y')).toMatch(/"host":"api\.example\.com".* 2$/)
    expect(await curl('--http2', ...proxied, '-I', 'https://api.example.com/y')).toMatch(/^HTTP\/2 200/m)
  })
})
