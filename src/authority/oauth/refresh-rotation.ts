import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { NewRecord, ShortLived, ShortLivedRecord } from '../../store/ports/short-lived.ts'
import type { RefreshStep } from './request-state.ts'

/** The library's refresh tokens in the store. */
export const REFRESH_KIND = 'oauth:RefreshToken'

/** For how long one attempt may take from using a token up to storing its successor; then another may take over. */
const LEASE_MS = 10_000
const LOOK_EVERY_MS = 20
const PURPOSE = 'postern refresh token successor'
const IV_BYTES = 12
const TAG_BYTES = 16

export interface RefreshRotationOptions {
  readonly shortLived: ShortLived
  readonly clock: Clock
  readonly timers: Timers
  /** How long after its use a token is answered with the same successor. */
  readonly replayMs: number
  readonly leaseMs?: number
}

/** `reused`: shown again after it was over for good. `busy`: another attempt has taken over while this one was at it. */
export type RotationOutcome = RefreshStep | { readonly kind: 'reused' | 'unknown' | 'busy' }

/** How a shown token stands. */
type Standing = { readonly kind: 'fresh' | 'pending' | 'reused' } | { readonly kind: 'repeats', readonly successor: string }

/**
 * The rotation of refresh tokens (RFC 9700 section 4.14.2): of all who show one token, in all processes, one makes its successor. Whoever shows
 * it again soon after, since the answer was lost, gets the same successor; it was left with the old record, sealed under a key that only the
 * shown token gives. Later, or once the successor was used, it is a replay.
 */
export class RefreshRotation {
  readonly #options: RefreshRotationOptions
  readonly #leaseMs: number

  constructor(options: RefreshRotationOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? LEASE_MS
  }

  /** Whether a token that was found counts as used up for good. Changes nothing. */
  async isReused(token: string, record: ShortLivedRecord): Promise<boolean> {
    return (await this.#standing(token, record)).kind === 'reused'
  }

  /** Uses the token up, or finds what another request made of it; waits for one that is at it right now. */
  async rotate(token: string): Promise<RotationOutcome> {
    const { shortLived, clock } = this.#options
    const holder = randomUUID()
    const giveUpAtMs = clock.monotonicMs() + 2 * this.#leaseMs
    while (clock.monotonicMs() < giveUpAtMs) {
      const outcome = await shortLived.consume(REFRESH_KIND, token, holder, this.#leaseMs)
      if (outcome === 'missing') return { kind: 'unknown' }
      if (outcome !== 'consumed') return { kind: 'rotates', predecessor: token, holder }
      const record = await shortLived.find(REFRESH_KIND, token)
      if (record === undefined) return { kind: 'unknown' }
      const standing = await this.#standing(token, record)
      if (standing.kind === 'repeats' || standing.kind === 'reused') return standing as RotationOutcome
      await this.#pause()
    }
    return { kind: 'busy' }
  }

  /** Stores the successor in the place of the token that was used up. @returns false where another attempt has taken over */
  async storeSuccessor(step: RefreshStep & { readonly kind: 'rotates' }, successor: NewRecord): Promise<boolean> {
    const { predecessor, holder } = step
    const note = seal(predecessor, `${this.#options.clock.nowMs()} ${successor.id}`)
    return this.#options.shortLived.putSuccessor(successor, { kind: REFRESH_KIND, id: predecessor, holder, note })
  }

  async #standing(token: string, record: ShortLivedRecord): Promise<Standing> {
    if (record.consumedAtMs === undefined) return { kind: 'fresh' }
    if (!record.succeeded) return { kind: 'pending' }
    const note = record.successor === undefined ? undefined : unseal(token, record.successor)
    const [madeAt = '', successor] = note?.split(' ') ?? []
    // From when the successor was made, not from the first use: an attempt that took over may have come late.
    const inTime = this.#options.clock.nowMs() - Number(madeAt) <= this.#options.replayMs
    if (successor === undefined || !inTime) return { kind: 'reused' }
    const next = await this.#options.shortLived.find(REFRESH_KIND, successor)
    return next !== undefined && next.consumedAtMs === undefined ? { kind: 'repeats', successor } : { kind: 'reused' }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => { this.#options.timers.after(LOOK_EVERY_MS, resolve) })
  }
}

function keyFrom(token: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', PURPOSE, 32))
}

function seal(token: string, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyFrom(token), iv)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
}

function unseal(token: string, note: string): string | undefined {
  const bytes = Buffer.from(note, 'base64url')
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(token), bytes.subarray(0, IV_BYTES))
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
