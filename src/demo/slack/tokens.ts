import { randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Canaries } from '../server/canaries.ts'

/** How long a rotating access token lives, seconds. */
export const EXPIRES_IN_S = 43_200

/** Of a chain's access tokens the newest two are good; the third ends the oldest. */
const MAX_ACTIVE = 2

/** For whom a token acts. A bot's and its installer's tokens rotate apart. */
export type TokenKind = 'bot' | 'user'

/** An access token as Slack knows it. */
export interface AccessToken {
  readonly value: string
  readonly kind: TokenKind
  readonly scopes: readonly string[]
  /** Whose it is, of a person's. */
  readonly userId: string | undefined
  /** Undefined for a legacy token, which lives until it is revoked. */
  readonly expiresAtMs: number | undefined
  revoked: boolean
}

interface RefreshToken {
  readonly kind: TokenKind
  readonly scopes: readonly string[]
  readonly userId: string | undefined
  readonly active: AccessToken[]
}

/** An access token with what replaces it. */
export interface Rotated {
  readonly access: AccessToken
  readonly refreshToken: string
}

/** What a look at a token comes to; the reasons are Slack's error codes. */
export type TokenVerdict = AccessToken | 'invalid_auth' | 'token_expired' | 'token_revoked'

/** Access tokens, and the single-use refresh tokens that replace them. */
export class SlackTokens {
  readonly #clock: Clock
  readonly #canaries: Canaries
  readonly #access = new Map<string, AccessToken>()
  readonly #refresh = new Map<string, RefreshToken>()

  constructor(clock: Clock, canaries: Canaries) {
    this.#clock = clock
    this.#canaries = canaries
  }

  /** Begins a chain, as an installation of the app does. */
  install(kind: TokenKind, scopes: readonly string[], userId?: string): Rotated {
    return this.#next({ kind, scopes, userId, active: [] })
  }

  /** A token of the time before rotation. */
  issueLegacy(kind: TokenKind, scopes: readonly string[], userId?: string): AccessToken {
    const prefix = kind === 'bot' ? 'xoxb' : 'xoxp'
    return this.#issue({ kind, scopes, userId, active: [] }, `${prefix}-${digits(12)}-${digits(13)}-${alphanumeric(24)}`, undefined)
  }

  /** Uses the refresh token up. @returns undefined where it is unknown or was used before */
  rotate(refreshToken: string): Rotated | undefined {
    const chain = this.#refresh.get(refreshToken)
    if (chain === undefined) return undefined
    this.#refresh.delete(refreshToken)
    return this.#next(chain)
  }

  /** Turns a legacy token into a rotating one and ends it. @returns undefined where it is not a live legacy token */
  exchange(value: string): Rotated | undefined {
    const token = this.#access.get(value)
    if (token === undefined || token.revoked || token.expiresAtMs !== undefined) return undefined
    token.revoked = true
    return this.install(token.kind, token.scopes, token.userId)
  }

  /** The token without end that a person gave the app before: Slack gives the same again. */
  legacyOf(userId: string, scopes: readonly string[]): AccessToken {
    const known = [...this.#access.values()].find((one) => one.userId === userId && one.expiresAtMs === undefined && !one.revoked)
    return known ?? this.issueLegacy('user', scopes, userId)
  }

  look(value: string): TokenVerdict {
    const token = this.#access.get(value)
    if (token === undefined) return 'invalid_auth'
    if (token.revoked) return 'token_revoked'
    if (token.expiresAtMs !== undefined && token.expiresAtMs <= this.#clock.nowMs()) return 'token_expired'
    return token
  }

  /** Ends every access token; refresh tokens stay good. */
  revokeAll(): void {
    for (const token of this.#access.values()) token.revoked = true
  }

  #next(chain: RefreshToken): Rotated {
    const prefix = chain.kind === 'bot' ? 'xoxe.xoxb-1-' : 'xoxe.xoxp-1-'
    const access = this.#issue(chain, prefix + alphanumeric(148), this.#clock.nowMs() + EXPIRES_IN_S * 1000)
    const refreshToken = this.#canaries.add(`xoxe-1-${alphanumeric(146)}`)
    const active = [...chain.active, access]
    const oldest = active.length > MAX_ACTIVE ? active.shift() : undefined
    if (oldest !== undefined) oldest.revoked = true
    this.#refresh.set(refreshToken, { ...chain, active })
    return { access, refreshToken }
  }

  #issue(chain: RefreshToken, value: string, expiresAtMs: number | undefined): AccessToken {
    const token: AccessToken = { value: this.#canaries.add(value), kind: chain.kind, scopes: chain.scopes, userId: chain.userId, expiresAtMs, revoked: false }
    this.#access.set(token.value, token)
    return token
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function alphanumeric(length: number): string {
  return pick(ALPHABET, length)
}

function digits(length: number): string {
  return pick('0123456789', length)
}

function pick(alphabet: string, length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length] ?? '').join('')
}
