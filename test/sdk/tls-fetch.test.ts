import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportPrivateKey, makeLeaf, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'
import { createPostern, createTlsFetch } from '../../src/sdk/index.ts'
import { GOOD } from './support/fake-authority.ts'

const HOUR_MS = 3_600_000
const times = { notBeforeMs: Date.now() - HOUR_MS, notAfterMs: Date.now() + HOUR_MS }

let ca: CertifiedKey
let client: CertifiedKey
let url: string
/** Whose certificate came with each form, and the form. */
const seen: [string | undefined, string][] = []
let close: () => Promise<void>
beforeAll(async () => {
  ca = await makeRootCa({ commonName: 'Acme', ...times })
  const server = await makeLeaf({ commonName: 'authority', ipAddresses: ['127.0.0.1'], issuer: ca, usage: 'server', ...times })
  client = await makeLeaf({ commonName: 'pr-reviewer', issuer: ca, usage: 'client', ...times })
  const https = createServer({ cert: server.certificatePem, key: exportPrivateKey(server.privateKey), ca: ca.certificatePem, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk)).on('end', () => {
      const subject = (request.socket as TLSSocket).getPeerCertificate().subject.CN
      if (request.method === 'POST') seen.push([typeof subject === 'string' ? subject : undefined, Buffer.concat(chunks).toString()])
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(request.method === 'POST' ? GOOD : { issuer: url, token_endpoint: `${url}/oauth2/token` }))
    })
  })
  https.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => { https.listen(0, '127.0.0.1', resolve) })
  url = `https://127.0.0.1:${(https.address() as AddressInfo).port}`
  close = () => new Promise((resolve) => {
    https.close(() => resolve())
    https.closeAllConnections()
  })
})
afterAll(() => close())

const postern = (fetch?: typeof globalThis.fetch): ReturnType<typeof createPostern> =>
  createPostern({ authorityUrl: url, clientId: 'pr-reviewer', clientAuth: { method: 'tls_client_auth' }, ...(fetch === undefined ? {} : { fetch }) })
const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => { throw new Error('nothing was refused') }, (error: unknown) => error)

describe('a fetch with a client certificate', () => {
  it('shows it to an authority of a private CA, and proves the client by nothing else', async () => {
    const fetch = createTlsFetch({ ca: ca.certificatePem, cert: client.certificatePem, key: exportPrivateKey(client.privateKey) })
    expect((await postern(fetch).require('github', 'token')).integration).toBe('github')
    expect(seen.map(([subject]) => subject)).toEqual(['pr-reviewer'])
    expect([...new URLSearchParams(seen[0]?.[1]).keys()].filter((name) => name.startsWith('client'))).toEqual(['client_id'])
    await fetch.close()
  })

  it('is needed: neither without the certificate nor without the CA is anything sent', async () => {
    const before = seen.length
    const without = createTlsFetch({ ca: ca.certificatePem })
    for (const fetch of [without, undefined]) expect(await failure(postern(fetch).require('github', 'token'))).toMatchObject({ name: 'UnavailableError', code: 'network_error' })
    expect(seen.length).toBe(before)
    await without.close()
  })

  it.each([
    ['a key that is none', () => ({ cert: client.certificatePem, key: 'sk-very-secret' })],
    ['a certificate that is none', () => ({ cert: 'nonsense', key: exportPrivateKey(client.privateKey) })],
  ])('is not made with %s, and does not show it', (_what, options) => {
    expect(() => createTlsFetch(options())).toThrow(expect.objectContaining({ name: 'ConfigurationError', message: 'a certificate or key that was given is not PEM' }) as Error)
  })
})
