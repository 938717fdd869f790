import { randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Canaries } from '../server/canaries.ts'
import type { Installation } from './app-registration.ts'
import type { Permissions } from './permissions.ts'

const LIFETIME_MS = 3_600_000
const MAX_TOKENS = 50_000

/** An installation access token as GitHub knows it. */
export interface InstallationToken {
  readonly value: string
  readonly installation: Installation
  readonly repositoryIds: readonly number[]
  readonly permissions: Permissions
  readonly selection: 'all' | 'selected'
  readonly expiresAtMs: number
  /** Requests made with it; for the rate limit. */
  used: number
}

/** Issues, finds and ends installation tokens. */
export class InstallationTokens {
  readonly #clock: Clock
  readonly #canaries: Canaries
  readonly #appId: number
  readonly #tokens = new Map<string, InstallationToken>()

  constructor(appId: number, clock: Clock, canaries: Canaries) {
    this.#appId = appId
    this.#clock = clock
    this.#canaries = canaries
  }

  /** A token for an hour; `metadata: read` comes with every one. */
  issue(grant: Pick<InstallationToken, 'installation' | 'repositoryIds' | 'permissions' | 'selection'>): InstallationToken {
    this.#prune()
    const token: InstallationToken = {
      ...grant,
      permissions: { ...grant.permissions, metadata: 'read' },
      value: this.#canaries.add(tokenValue(this.#appId)),
      // GitHub tells whole seconds, and means them
      expiresAtMs: Math.floor((this.#clock.nowMs() + LIFETIME_MS) / 1000) * 1000,
      used: 0,
    }
    this.#tokens.set(token.value, token)
    return token
  }

  /** The token of this value: known, not ended, not expired. */
  find(value: string): InstallationToken | undefined {
    const token = this.#tokens.get(value)
    if (token === undefined || token.expiresAtMs <= this.#clock.nowMs()) return undefined
    return token
  }

  revoke(token: InstallationToken): void {
    this.#tokens.delete(token.value)
  }

  revokeAll(): void {
    this.#tokens.clear()
  }

  /** Those that would be accepted now. */
  live(): readonly InstallationToken[] {
    return [...this.#tokens.values()].filter((token) => this.find(token.value) !== undefined && !token.installation.suspended)
  }

  #prune(): void {
    if (this.#tokens.size < MAX_TOKENS) return
    for (const token of this.#tokens.values()) if (token.expiresAtMs <= this.#clock.nowMs()) this.revoke(token)
    const oldest = this.#tokens.keys().next()
    if (this.#tokens.size >= MAX_TOKENS && oldest.done !== true) this.#tokens.delete(oldest.value)
  }
}

/** The shape of 2026: prefix, app id, and something with two dots and no fixed length. */
function tokenValue(appId: number): string {
  const part = (bytes: number): string => randomBytes(bytes).toString('base64url')
  return `ghs_${appId}_${part(27)}.${part(90 + (randomBytes(1)[0] ?? 0) % 40)}.${part(64)}`
}
