import { randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Canaries } from '../server/canaries.ts'
import type { Installation } from './app-registration.ts'
import type { Account } from './model.ts'
import type { Permissions } from './permissions.ts'

/** How long a user's access token lives, seconds: eight hours. */
export const USER_TOKEN_S = 28_800
/** How long a refresh token lives, seconds: six months. */
export const REFRESH_TOKEN_S = 15_811_200

/** What a narrowed token is narrowed to. */
export interface TokenScope {
  readonly installation: Installation
  readonly repositoryIds: readonly number[]
  readonly permissions: Permissions
}

/** A user's token as GitHub knows it. */
export interface UserToken {
  readonly value: string
  readonly account: Account
  readonly expiresAtMs: number | undefined
  /** Undefined for one that can all that the app and the user can. */
  readonly scope: TokenScope | undefined
  /** Requests made with it; for the rate limit. */
  used: number
}

/** A token with what renews it. */
export interface Authorized {
  readonly token: UserToken
  /** Undefined where the app's user tokens do not expire. */
  readonly refreshToken: string | undefined
}

interface Refresh {
  readonly account: Account
  readonly access: UserToken
  readonly expiresAtMs: number
}

/** User access tokens, narrowed ones, and the single-use refresh tokens; using one kills the access token that came with it. */
export class UserTokens {
  readonly #clock: Clock
  readonly #canaries: Canaries
  readonly #tokens = new Map<string, UserToken>()
  readonly #refresh = new Map<string, Refresh>()
  /** Whether new tokens expire: a switch in the app's settings. */
  expire = true

  constructor(clock: Clock, canaries: Canaries) {
    this.#clock = clock
    this.#canaries = canaries
  }

  authorize(account: Account): Authorized {
    const token = this.#issue(account, this.expire ? this.#clock.nowMs() + USER_TOKEN_S * 1000 : undefined, undefined)
    if (!this.expire) return { token, refreshToken: undefined }
    const refreshToken = this.#canaries.add(`ghr_${alphanumeric(76)}`)
    this.#refresh.set(refreshToken, { account, access: token, expiresAtMs: this.#clock.nowMs() + REFRESH_TOKEN_S * 1000 })
    return { token, refreshToken }
  }

  /** @returns undefined where it is unknown, used or expired */
  refresh(refreshToken: string): Authorized | undefined {
    const found = this.#refresh.get(refreshToken)
    this.#refresh.delete(refreshToken)
    if (found === undefined || found.expiresAtMs <= this.#clock.nowMs()) return undefined
    this.#tokens.delete(found.access.value)
    return this.authorize(found.account)
  }

  /** A narrowed token beside the one that it is made from. */
  narrow(parent: UserToken, scope: TokenScope): UserToken {
    return this.#issue(parent.account, parent.expiresAtMs, scope)
  }

  /** Known, not ended, not expired. */
  find(value: string): UserToken | undefined {
    const token = this.#tokens.get(value)
    return token === undefined || (token.expiresAtMs ?? Infinity) <= this.#clock.nowMs() ? undefined : token
  }

  revoke(token: UserToken): void {
    this.#tokens.delete(token.value)
  }

  /** Everything that the app has of this person, refresh tokens too. */
  revokeGrant(account: Account): void {
    for (const token of this.#tokens.values()) if (token.account.id === account.id) this.#tokens.delete(token.value)
    for (const [value, refresh] of this.#refresh) if (refresh.account.id === account.id) this.#refresh.delete(value)
  }

  /** Those that would be accepted now. */
  live(): readonly UserToken[] {
    return [...this.#tokens.values()].filter(({ value }) => this.find(value) !== undefined)
  }

  /** Whether the person has authorised the app, so that it is not asked again. */
  hasGrant(account: Account): boolean {
    return this.live().some((token) => token.account.id === account.id)
  }

  #issue(account: Account, expiresAtMs: number | undefined, scope: TokenScope | undefined): UserToken {
    const token: UserToken = { value: this.#canaries.add(`ghu_${alphanumeric(36)}`), account, expiresAtMs, scope, used: 0 }
    this.#tokens.set(token.value, token)
    return token
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function alphanumeric(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length] ?? '').join('')
}
