import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'

/** More tabs with open questions than anybody has; beyond it the oldest question is over. */
const MAX_OPEN = 8
const KIND = 'oauth:Browser'
const SECRET = /^[A-Za-z0-9_-]{43}$/

export interface BrowserBindingOptions {
  /** Reached by https: cookies are then `__Host-` ones, which no other site, also no sibling, can plant. */
  readonly secure: boolean
  readonly shortLived: ShortLived
  readonly clock: Clock
}

/** Whose browser an interaction was begun in: a random name in a cookie, of which the interaction keeps the digest. */
export class BrowserBinding {
  readonly #options: BrowserBindingOptions
  readonly #cookie: string

  constructor(options: BrowserBindingOptions) {
    this.#options = options
    this.#cookie = options.secure ? '__Host-postern-flow' : 'postern-flow'
  }

  /** The browser's secret, or a new one with the `Set-Cookie` value that gives it to the browser. */
  of(cookieHeader: string | undefined): { readonly secret: string, readonly setCookie: string | undefined } {
    const known = this.#secretOf(cookieHeader)
    if (known !== undefined) return { secret: known, setCookie: undefined }
    const secret = randomBytes(32).toString('base64url')
    return { secret, setCookie: `${this.#cookie}=${secret}; Path=/; HttpOnly; SameSite=Lax${this.#options.secure ? '; Secure' : ''}` }
  }

  /** What an interaction keeps of it. */
  digest(secret: string): string {
    return createHash('sha256').update(secret).digest('base64url')
  }

  /** Whether the interaction that keeps this digest was begun in the browser that sends these cookies. */
  matches(cookieHeader: string | undefined, digest: unknown): boolean {
    const secret = this.#secretOf(cookieHeader)
    if (secret === undefined || typeof digest !== 'string') return false
    const [own, kept] = [Buffer.from(this.digest(secret)), Buffer.from(digest)]
    return own.length === kept.length && timingSafeEqual(own, kept)
  }

  /** Notes one more open interaction of this browser. @returns those that have to end, since there are too many */
  async opened(secret: string, uid: string, untilMs: number): Promise<readonly string[]> {
    const { shortLived } = this.#options
    const known = (await shortLived.find(KIND, secret))?.payload['open']
    const open = [...Array.isArray(known) ? known.filter((entry) => typeof entry === 'string') : [], uid]
    await shortLived.put({ kind: KIND, id: secret, payload: { open: open.slice(-MAX_OPEN) }, expiresAtMs: untilMs })
    return open.slice(0, -MAX_OPEN)
  }

  #secretOf(cookieHeader: string | undefined): string | undefined {
    const values = (cookieHeader ?? '').split(';').map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${this.#cookie}=`)).map((pair) => pair.slice(this.#cookie.length + 1))
    const [value] = values
    // Two of them: one was planted, and it cannot be told which.
    return values.length === 1 && value !== undefined && SECRET.test(value) ? value : undefined
  }
}
