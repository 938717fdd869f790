import { createSecureContext, type SecureContext } from 'node:tls'
import { BoundedCache } from '../../lib/bounded-cache.ts'
import { exportPrivateKey, makeLeaf } from '../../lib/certificates.ts'
import type { Clock } from '../../lib/clock.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import { canonicalHost } from '../../http/host.ts'
import { planRotation, signerFor } from './authority-rotation.ts'
import { destroyAuthority, makeAuthority, readAuthorities, type ConstrainedAuthority } from './constrained-authority.ts'

const HOUR_MS = 3_600_000
const LEAF_LIFETIME_MS = 7 * 24 * HOUR_MS
const LEAF_RENEW_BEFORE_MS = 2 * 24 * HOUR_MS
/** Where an authority is about to end and no successor could be made, leaves are short but still not one a connection. */
const LEAST_USE_MS = HOUR_MS / 6
/** Agents' clocks run behind ours. */
const LEAF_BACKDATED_MS = HOUR_MS
const MAX_LEAVES = 512
const LOOK_AT_ROTATION_EVERY_MS = HOUR_MS

export interface InterceptionCaOptions {
  /** Where keys are kept, readable by this process alone; never a shared volume. */
  readonly directory: string
  /** `ca.hosts`: every host whose TLS may be ended here. */
  readonly hosts: readonly string[]
  readonly clock: Clock
  /** Called with the roots at the start and whenever they change: the bundle is written from it. */
  onRootsChanged(roots: readonly string[]): void
  /** Told where a rotation failed; the authorities there are stay in use, and it is tried again within the hour. */
  onRotationFailed(error: unknown): void
}

/** Certifies the declared hosts, and can certify no others: every verifier refuses what it would sign beyond them. */
export interface InterceptionCa {
  readonly hosts: readonly string[]
  covers(host: string): boolean
  /**
   * What ends TLS for a covered host. At once where its leaf is at hand. The same object while the leaf lives, so that clients' sessions resume.
   * @throws TypeError for a host that is not covered
   */
  contextFor(host: string): SecureContext | Promise<SecureContext>
  /** PEM, the oldest first. */
  roots(): readonly string[]
}

interface Leaf {
  readonly context: SecureContext
  /** Wall clock; before it the clock was set back, and clients could take the leaf for one from the future. */
  readonly notBeforeMs: number
  readonly renewAtMs: number
}

/**
 * Opens the authorities of the directory and makes what is missing.
 * @throws Error with one sentence where the directory or a file in it cannot be used; TypeError where a host is no plain DNS name
 */
export async function openInterceptionCa(options: InterceptionCaOptions): Promise<InterceptionCa> {
  for (const host of options.hosts) if (canonicalHost(host) !== host) throw new TypeError(`ca.hosts: ${JSON.stringify(host)} is no plain lower-case DNS name`)
  const ca = new Ca(options)
  await ca.rotate()
  return ca
}

class Ca implements InterceptionCa {
  readonly hosts: readonly string[]
  readonly #options: InterceptionCaOptions
  readonly #declared: ReadonlySet<string>
  readonly #leaves = new BoundedCache<Leaf>(MAX_LEAVES)
  readonly #flights = new SingleFlight<SecureContext>()
  readonly #rotations = new SingleFlight<void>()
  #authorities: readonly ConstrainedAuthority[]
  #rotateAtMs = 0

  constructor(options: InterceptionCaOptions) {
    this.#options = options
    this.hosts = [...new Set(options.hosts)]
    this.#declared = new Set(this.hosts)
    this.#authorities = readAuthorities(options.directory)
  }

  covers(host: string): boolean {
    return this.#declared.has(host)
  }

  roots(): readonly string[] {
    return rootsOf(this.#authorities)
  }

  contextFor(host: string): SecureContext | Promise<SecureContext> {
    const nowMs = this.#options.clock.nowMs()
    if (nowMs >= this.#rotateAtMs) this.#rotateSoon(nowMs)
    const leaf = this.#leaves.get(host)
    if (leaf !== undefined && nowMs >= leaf.notBeforeMs && nowMs < leaf.renewAtMs) return leaf.context
    return this.#flights.run(host, () => this.#mint(host, nowMs))
  }

  /** Brings the authorities in line with the declared hosts and the time. */
  async rotate(): Promise<void> {
    const { clock, directory, onRootsChanged } = this.#options
    const nowMs = clock.nowMs()
    const plan = planRotation(this.#authorities, this.hosts, nowMs)
    const made = plan.make ? [await makeAuthority(directory, this.hosts, nowMs)] : []
    const next = [...plan.keep, ...made]
    try {
      // The bundle knows the new root before a leaf of it is shown to anybody.
      if (this.#rotateAtMs === 0 || made.length > 0 || plan.destroy.length > 0) onRootsChanged(rootsOf(next))
    } catch (error) {
      // Nothing has changed then: the next look plans the same again.
      for (const authority of made) destroyAuthority(authority)
      throw error
    }
    this.#authorities = next
    for (const authority of plan.destroy) destroyAuthority(authority)
    this.#rotateAtMs = nowMs + LOOK_AT_ROTATION_EVERY_MS
  }

  #rotateSoon(nowMs: number): void {
    this.#rotateAtMs = nowMs + LOOK_AT_ROTATION_EVERY_MS
    this.#rotations.run('', () => this.rotate()).catch(this.#options.onRotationFailed)
  }

  async #mint(host: string, nowMs: number): Promise<SecureContext> {
    const signer = this.covers(host) ? signerFor(this.#authorities, host, nowMs) : undefined
    if (signer === undefined) throw new TypeError('a certificate for a host that ca.hosts does not declare')
    const notBeforeMs = Math.max(nowMs - LEAF_BACKDATED_MS, signer.notBeforeMs)
    const notAfterMs = Math.min(nowMs + LEAF_LIFETIME_MS, signer.notAfterMs)
    const leaf = await makeLeaf({
      commonName: 'Postern interception leaf',
      issuer: signer.intermediate,
      usage: 'server',
      dnsNames: [host],
      notBeforeMs,
      notAfterMs,
    })
    const context = createSecureContext({
      cert: leaf.certificatePem + signer.intermediate.certificatePem,
      key: exportPrivateKey(leaf.privateKey),
      minVersion: 'TLSv1.2',
      // Sessions resume for this host alone: each context has ticket keys of its own.
      sessionIdContext: host.slice(0, 32),
    })
    this.#leaves.set(host, { context, notBeforeMs, renewAtMs: Math.max(notAfterMs - LEAF_RENEW_BEFORE_MS, nowMs + LEAST_USE_MS) })
    return context
  }
}

function rootsOf(authorities: readonly ConstrainedAuthority[]): readonly string[] {
  return authorities.map(({ rootPem }) => rootPem)
}
