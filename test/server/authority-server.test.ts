import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateThumbprint, senderCertificate } from '../../src/authority/oauth/sender-certificate.ts'
import { openAuthorityServer, type AuthorityServer } from '../../src/authority/server/authority-server.ts'
import { exportPrivateKey, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'
import { Secret } from '../../src/lib/secret.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { makeIdentities, type Identities } from '../listener/harness.ts'

const DAY_MS = 86_400_000
const ANSWER_MS = 5_000

let identities: Identities
let server: AuthorityServer

beforeAll(async () => {
  identities = await makeIdentities()
  const { server: identity, root } = identities
  server = await openAuthorityServer({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: { certificatePem: identity.certificatePem, key: new Secret(exportPrivateKey(identity.privateKey)), clientCaPem: root.certificatePem },
    timers: systemTimers,
  })
})
afterAll(() => server.close(0))

/** What the server makes of the certificate that a client shows: its thumbprint, or `none`. */
function shown(client: CertifiedKey | undefined): Promise<{ readonly status: number, readonly text: string }> {
  const port = server.address.kind === 'tcp' ? server.address.port : 0
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1', port, path: '/', agent: false, ca: identities.root.certificatePem, timeout: ANSWER_MS,
      ...(client === undefined ? {} : { cert: client.certificatePem, key: exportPrivateKey(client.privateKey) }),
    }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => { text += part })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asked.on('error', reject).end()
  })
}

describe('the authority\'s port', () => {
  it('tells who comes before it can answer to come again', async () => {
    expect(await shown(undefined)).toMatchObject({ status: 503, text: 'starting\n' })
  })

  describe('with an authority for client certificates', () => {
    beforeAll(() => server.serve((asked, answer) => {
      const certificate = senderCertificate(asked)
      answer.end(certificate === undefined ? 'none' : certificateThumbprint(certificate))
    }))

    it('serves a browser, which has none', async () => {
      expect(await shown(undefined)).toMatchObject({ status: 200, text: 'none' })
    })

    it('takes one that it can verify for what it says', async () => {
      const client = await identities.client({ uris: ['spiffe://acme.com/agents/pr'] })
      expect((await shown(client)).text).toMatch(/^[A-Za-z0-9_-]{43}$/)
    })

    it('takes one that another has signed for none', async () => {
      const validity = { notBeforeMs: systemClock.nowMs() - DAY_MS, notAfterMs: systemClock.nowMs() + DAY_MS }
      const stranger = await makeRootCa({ commonName: 'test root', ...validity })
      const client = await identities.client({ uris: ['spiffe://acme.com/agents/pr'], issuer: stranger })
      expect(await shown(client)).toMatchObject({ status: 200, text: 'none' })
    })

    it('takes one that is over for none', async () => {
      const client = await identities.client({ uris: ['spiffe://acme.com/agents/pr'], notAfterMs: systemClock.nowMs() - 60_000 })
      expect(await shown(client)).toMatchObject({ status: 200, text: 'none' })
    })
  })
})
