import { randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Canaries } from '../server/canaries.ts'

/** How long an access token lives, seconds. */
export const ACCESS_TOKEN_S = 3_600

/** What one person authorised: every token of it ends together. */
export interface Family {
  readonly login: string
  readonly scopes: readonly string[]
  ended: boolean
}

interface Access {
  readonly family: Family
  readonly expiresAtMs: number
}

/** One access token with the refresh token that renews it. */
export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
  readonly family: Family
}

/** The tracker's tokens: refresh tokens are good once, and one that comes again ends all that was made from it (RFC 9700 section 4.14.2). */
export class OauthTokens {
  readonly #clock: Clock
  readonly #canaries: Canaries
  readonly #access = new Map<string, Access>()
  readonly #refresh = new Map<string, { readonly family: Family; used: boolean }>()

  constructor(clock: Clock, canaries: Canaries) {
    this.#clock = clock
    this.#canaries = canaries
  }

  grant(login: string, scopes: readonly string[]): TokenPair {
    return this.#issue({ login, scopes, ended: false })
  }

  refresh(refreshToken: string): TokenPair | undefined {
    const found = this.#refresh.get(refreshToken)
    if (found === undefined || found.family.ended) return undefined
    if (found.used) {
      found.family.ended = true
      return undefined
    }
    found.used = true
    return this.#issue(found.family)
  }

  /** Whose a token is, while it is good. */
  find(accessToken: string): Family | undefined {
    const found = this.#access.get(accessToken)
    return found === undefined || found.family.ended || found.expiresAtMs <= this.#clock.nowMs() ? undefined : found.family
  }

  /** RFC 7009: a refresh token ends all, an access token itself. */
  revoke(token: string): void {
    const refresh = this.#refresh.get(token)
    if (refresh !== undefined) refresh.family.ended = true
    this.#access.delete(token)
  }

  /** How many access tokens would be accepted now. */
  get live(): number {
    return [...this.#access.keys()].filter((token) => this.find(token) !== undefined).length
  }

  #issue(family: Family): TokenPair {
    const accessToken = this.#canaries.add(`tko_${randomBytes(24).toString('base64url')}`)
    const refreshToken = this.#canaries.add(`tkr_${randomBytes(24).toString('base64url')}`)
    this.#access.set(accessToken, { family, expiresAtMs: this.#clock.nowMs() + ACCESS_TOKEN_S * 1000 })
    this.#refresh.set(refreshToken, { family, used: false })
    return { accessToken, refreshToken, family }
  }
}
