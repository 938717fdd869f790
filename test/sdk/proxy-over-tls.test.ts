import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createPlainServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportPrivateKey, makeLeaf, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'
import { createProxyFetch } from '../../src/sdk/index.ts'

const HOUR_MS = 3_600_000
const times = { notBeforeMs: Date.now() - HOUR_MS, notAfterMs: Date.now() + HOUR_MS }
const TARGET = 'https://api.github.com/user'
const TOKEN = 'canary-token-that-is-for-the-proxy'

let ca: CertifiedKey
const open: { close(): void }[] = []
beforeAll(async () => { ca = await makeRootCa({ commonName: 'Acme', ...times }) })
afterAll(() => { for (const server of open) server.close() })

/** A proxy that refuses every tunnel, and what it was shown. */
async function proxy(names: { readonly dnsNames?: readonly string[]; readonly ipAddresses?: readonly string[] }): Promise<{ readonly port: number; readonly seen: readonly (readonly [unknown, string | undefined])[] }> {
  const leaf = await makeLeaf({ commonName: 'proxy', ...names, issuer: ca, usage: 'server', ...times })
  const seen: [unknown, string | undefined][] = []
  const server: Server = createServer({ cert: leaf.certificatePem, key: exportPrivateKey(leaf.privateKey) })
  server.on('tlsClientError', () => undefined).on('connect', (request, socket) => {
    seen.push([(socket as TLSSocket).servername, request.headers['proxy-authorization']])
    socket.end('HTTP/1.1 403 Forbidden\r\nProxy-Status: postern; details="host_not_served decision=dec_1"\r\nContent-Length: 0\r\n\r\n')
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  open.push(server)
  return { port: (server.address() as AddressInfo).port, seen }
}

const failureOf = async (proxyUrl: string): Promise<unknown> => {
  const fetch = createProxyFetch({ proxyUrl, token: TOKEN, ca: ca.certificatePem, connectTimeoutMs: 500 })
  try {
    return await fetch(TARGET).then(() => { throw new Error('nothing was refused') }, (error: unknown) => error)
  } finally {
    await fetch.close()
  }
}

describe('a proxy that is reached by https', () => {
  it.each([
    ['name', 'localhost', { dnsNames: ['localhost'] }, 'localhost'],
    ['address', '127.0.0.1', { ipAddresses: ['127.0.0.1'] }, false],
  ])('is known by its own %s, not by that of the host behind it', async (_what, host, names, servername) => {
    const { port, seen } = await proxy(names)
    expect(await failureOf(`https://${host}:${port}`)).toMatchObject({ code: 'host_not_served', decision: 'dec_1' })
    expect(seen).toEqual([[servername, `Bearer ${TOKEN}`]])
  })

  it('gets no token where its certificate is the upstream’s', async () => {
    const { port, seen } = await proxy({ dnsNames: ['api.github.com'] })
    expect(await failureOf(`https://localhost:${port}`)).toMatchObject({ name: 'UnavailableError', code: 'network_error', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
    expect(seen).toEqual([])
  })
})

describe('a refused tunnel', () => {
  it('is told in time, though the body that its head promises never comes', async () => {
    const server = createPlainServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\nProxy-Status: postern; details="host_not_served decision=dec_1"\r\nContent-Length: 100\r\n\r\n{'))
    })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    open.push(server)
    expect(await failureOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).toMatchObject({ code: 'host_not_served' })
  })
})
