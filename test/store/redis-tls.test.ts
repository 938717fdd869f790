import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportPrivateKey, makeLeaf, makeRootCa } from '../../src/lib/certificates.ts'
import { freePort } from '../support/redis-server.ts'
import { exercise, started } from './redis-exercise.ts'
import { opened, serverAt } from './redis-under-test.ts'
import { temporaryFolder } from './temporary-store.ts'

describe('a Redis behind TLS', () => {
  it('is spoken to where its certificate is of the named authority and name, and not otherwise', async () => {
    const { settings, caPem } = await certified()
    const port = await freePort()
    const server = await started(['--tls-port', String(port), ...settings])
    const at = serverAt({ host: server.host, port }, { tls: { caPem, serverName: 'localhost' }, password: undefined })
    const [store, other] = [await opened({ server: at }), await opened({ server: at })]
    await exercise(store, other)
    const untrusted = { code: 'store_unreachable', message: expect.stringContaining('is not trusted, or is of another name') }
    const { caPem: strangers } = await certified()
    for (const tls of [{ caPem: strangers, serverName: 'localhost' }, { caPem, serverName: 'redis.acme.com' }, { caPem: undefined, serverName: 'localhost' }]) {
      await expect(opened({ server: { ...at, tls }, timings: { openMs: 500 } })).rejects.toMatchObject(untrusted)
    }
    await expect(opened({ server: { ...at, tls: undefined }, timings: { openMs: 500 } })).rejects.toMatchObject({ code: 'store_unreachable' })
  })

  it('ends no process where a connection is given up amid its handshake with a certificate that is not trusted', async () => {
    const [{ settings }, { caPem }] = [await certified(), await certified()]
    const port = await freePort()
    await started(['--tls-port', String(port), ...settings])
    // An error that nobody hears fails the whole run.
    for (let openMs = 1; openMs <= 60; openMs++) {
      const at = serverAt({ host: '127.0.0.1', port }, { tls: { caPem, serverName: 'localhost' } })
      await expect(opened({ server: at, timings: { openMs: openMs / 4 } })).rejects.toMatchObject({ code: 'store_unreachable' })
    }
  })
})

async function certified(): Promise<{ readonly settings: readonly string[]; readonly caPem: string }> {
  const folder = temporaryFolder()
  const now = Date.now()
  const validity = { notBeforeMs: now - 60_000, notAfterMs: now + 3_600_000 }
  const root = await makeRootCa({ commonName: 'Redis test root', ...validity })
  const leaf = await makeLeaf({ commonName: 'localhost', dnsNames: ['localhost'], usage: 'server', issuer: root, ...validity })
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const caPem = root.certificatePem
  return {
    caPem,
    settings: [
      '--tls-cert-file', file('cert.pem', leaf.certificatePem), '--tls-key-file', file('key.pem', exportPrivateKey(leaf.privateKey)),
      '--tls-ca-cert-file', file('ca.pem', caPem), '--tls-auth-clients', 'no',
    ],
  }
}
