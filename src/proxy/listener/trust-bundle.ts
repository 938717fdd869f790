import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { getCACertificates } from 'node:tls'
import { splitPem } from '../../lib/certificates.ts'
import { writeAtomically } from './write-atomically.ts'

const READABLE_BY_ALL = 0o644

/** The roots that this machine trusts; those that Node brings where the machine has none. */
export function machineRoots(): readonly string[] {
  const system = getCACertificates('system')
  return system.length > 0 ? system : getCACertificates('bundled')
}

/**
 * Writes the one file that clients are pointed at. Most of them *replace* their trust store by it, so the machine's own roots stand in it
 * beside ours.
 * @param roots PEM, ours
 */
export function writeTrustBundle(path: string, roots: readonly string[], machine: readonly string[] = machineRoots()): void {
  mkdirSync(dirname(path), { recursive: true })
  const certificates = new Set([...roots, ...machine].flatMap((pem) => splitPem(pem)).map((pem) => pem.replaceAll('\r', '').trim()))
  writeAtomically(path, `${[...certificates].join('\n')}\n`, READABLE_BY_ALL)
}
