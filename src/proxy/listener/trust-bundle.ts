import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { getCACertificates } from 'node:tls'
import { splitPem } from '../../lib/certificates.ts'
import { sentenceOf } from '../../lib/system-error.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'
import { writeAtomically } from './write-atomically.ts'

const READABLE_BY_ALL = 0o644
/** By then the first requests are served. */
const LATER_MS = 1_000

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

export interface TrustBundleOptions {
  readonly path: string
  readonly timers: Timers
  /** Told where the machine's roots could not be brought up to date; ours stand in the file. */
  onRenewalFailed(error: unknown): void
}

/**
 * Keeps the file in line with our roots. To read the machine's own takes a good part of a start: where ours stand in the file that an earlier
 * run left, it is written a moment later.
 */
export class TrustBundle {
  readonly #options: TrustBundleOptions
  #renewal: Cancel | undefined

  constructor(options: TrustBundleOptions) {
    this.#options = options
  }

  /**
   * When this returns, the file knows these roots.
   * @throws Error where the file cannot be written
   */
  write(roots: readonly string[]): void {
    const { path, timers, onRenewalFailed } = this.#options
    this.close()
    if (!holds(path, roots)) return writeTrustBundle(path, roots)
    requireWritable(path)
    this.#renewal = timers.after(LATER_MS, () => {
      try {
        writeTrustBundle(path, roots)
      } catch (error) {
        onRenewalFailed(error)
      }
    })
  }

  close(): void {
    this.#renewal?.()
  }
}

/** What would keep the file from being written later is told now. */
function requireWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch (error) {
    throw new Error(`${path} cannot be written: ${sentenceOf(error)}`, { cause: error })
  }
}

function holds(path: string, roots: readonly string[]): boolean {
  if (!existsSync(path)) return false
  const known = new Set(splitPem(readFileSync(path, 'latin1')))
  return roots.every((pem) => splitPem(pem).every((one) => known.has(one)))
}
