import { exportPrivateKey, makeLeaf, makeRootCa, type CertifiedKey } from '../../lib/certificates.ts'
import { systemClock } from '../../lib/clock.ts'

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS

/** A certificate authority of the stand-ins' own; lives in memory only. Valid from an hour ago for a year. */
export function makeStandInCa(): Promise<CertifiedKey> {
  return makeRootCa({ commonName: 'Postern demo upstreams', ...validity() })
}

/** What an HTTPS server needs to serve under these names, and under the loopback addresses. */
export async function serverIdentity(ca: CertifiedKey, names: readonly string[]): Promise<{ key: string; cert: string }> {
  const leaf = await makeLeaf({
    issuer: ca,
    commonName: names[0] ?? 'localhost',
    usage: 'server',
    dnsNames: names,
    ipAddresses: ['127.0.0.1', '::1'],
    ...validity(),
  })
  return { key: exportPrivateKey(leaf.privateKey), cert: leaf.certificatePem + ca.certificatePem }
}

/** By the machine's clock even where a stand-in has its own: verifiers go by the machine's. */
function validity(): { notBeforeMs: number; notAfterMs: number } {
  const nowMs = systemClock.nowMs()
  return { notBeforeMs: nowMs - HOUR_MS, notAfterMs: nowMs + YEAR_MS }
}
