import { DelegationEndedError, UnavailableError } from '../errors/refusals.ts'
import type { AuthorityClient } from '../oauth/authority-client.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { Session } from './session.ts'
import type { SessionStore, StoredSession } from './session-store.ts'
import { tokensIn } from './token-answer.ts'

/** A token is renewed when less than this is left of it, or a fifth of its life where that is less. */
const MARGIN_MS = 60_000
/** With less than this left it is not handed out any more, even if it cannot be renewed now. */
const LEAST_MS = 5_000
/** Between renewals that could not be had. */
const COOL_DOWN_MS = 5_000
/**
 * For one renewal with its repetitions. With the pause after it less than the 20 seconds in which the authority gives whoever shows a used refresh
 * token its successor again: later it is a replay, and ends the session.
 */
const RENEWAL_MS = 10_000

/** A session whose refresh token is shown by one request at a time, and never again once its successor is known. */
export class RenewingSession implements Session {
  readonly #client: AuthorityClient
  readonly #store: SessionStore | undefined
  readonly #listeners = new Set<() => void>()
  readonly #never = new AbortController().signal
  #tokens: StoredSession
  #marginMs: number
  /** The tokens are newer than what the store has: nobody gets them before it has them. */
  #unsaved: boolean
  #renewing: Promise<void> | undefined
  /** After a renewal that could not be had, while the present token serves. */
  #notBeforeMs = 0
  #ended: DelegationEndedError | undefined

  /** @param kept whether the tokens come from the store, rather than from a person's approval just now */
  constructor(tokens: StoredSession, client: AuthorityClient, store: SessionStore | undefined, kept: boolean) {
    this.#tokens = tokens
    this.#unsaved = !kept && store !== undefined
    this.#client = client
    this.#store = store
    // What was kept may have been revoked meanwhile: it is renewed at once, which tells.
    this.#marginMs = kept ? Infinity : this.#marginNow()
  }

  get expiresAt(): Date {
    return new Date(this.#tokens.expiresAtMs)
  }

  get scope(): string {
    return this.#tokens.scope
  }

  get authorizationDetails(): readonly unknown[] {
    return this.#tokens.authorizationDetails
  }

  async accessToken({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    if (this.#ended === undefined && (this.#unsaved || this.#isDue())) await unlessAborted(this.#renewal(), signal)
    if (this.#ended !== undefined) throw this.#ended
    return this.#tokens.accessToken
  }

  async renew({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    // One that is under way may have been answered before the person said yes.
    await unlessAborted(Promise.resolve(this.#renewing).catch(() => undefined), signal)
    if (this.#ended === undefined) {
      this.#marginMs = Infinity
      this.#notBeforeMs = 0
      await unlessAborted(this.#renewal(), signal)
      if (this.#marginMs === Infinity && this.#ended === undefined) throw new UnavailableError({ code: 'network_error', message: 'The authority gave no new token; the present one still serves.' })
    }
    if (this.#ended !== undefined) throw this.#ended
    return this.#tokens.accessToken
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async logout(): Promise<void> {
    this.#ended = new DelegationEndedError({ code: 'logged_out', message: 'The session was ended by logout().' })
    // A renewal that is under way would bring a token that nobody revokes.
    await this.#renewing?.catch(() => undefined)
    try {
      await this.#client.post('revocationEndpoint', { token: this.#tokens.refreshToken ?? this.#tokens.accessToken }, 'repeatable', this.#never)
    } finally {
      await this.#store?.clear()
    }
  }

  /** The one that is under way, or a new one; it goes on when its callers have gone, since what it was given would be lost. */
  #renewal(): Promise<void> {
    if (this.#renewing !== undefined) return this.#renewing
    const renewing = this.#renewed().finally(() => { this.#renewing = undefined })
    renewing.catch(() => undefined)
    this.#renewing = renewing
    return renewing
  }

  async #renewed(): Promise<void> {
    if (this.#unsaved) await this.#save()
    if (!this.#isDue()) return
    try {
      await this.#refresh()
    } catch (error) {
      if (error instanceof DelegationEndedError) return this.#over(error)
      // Not now is not never: the present token serves while it lasts.
      if (!(error instanceof UnavailableError) || error.code === 'store_failed' || this.#leftMs() < LEAST_MS) throw error
      this.#notBeforeMs = this.#client.environment.monotonicMs() + COOL_DOWN_MS
    }
  }

  async #refresh(): Promise<void> {
    const { refreshToken } = this.#tokens
    if (refreshToken === undefined) throw new DelegationEndedError({ code: 'session_ended', message: 'The token has ended, and the authority gave none to renew it with.' })
    // Where the answer is lost, asking again gives the same successor: the authority keeps it for whoever shows the old one at once.
    const answer = await this.#client.post('tokenEndpoint', { grant_type: 'refresh_token', refresh_token: refreshToken }, 'repeatable', this.#never, RENEWAL_MS)
    const next = tokensIn(answer, this.#client.environment.nowMs())
    this.#tokens = { ...this.#tokens, ...next, refreshToken: next.refreshToken ?? refreshToken }
    this.#marginMs = this.#marginNow()
    this.#unsaved = true
    await this.#save()
    for (const listener of this.#listeners) listener()
  }

  async #save(): Promise<void> {
    try {
      await this.#store?.save(this.#tokens)
    } catch (cause) {
      throw new UnavailableError({ code: 'store_failed', message: 'The store could not keep the renewed session; it is tried again.', cause })
    }
    this.#unsaved = false
  }

  async #over(error: DelegationEndedError): Promise<never> {
    this.#ended ??= error
    // What is kept is worth nothing any more; if it stays, the next start finds that out.
    await this.#store?.clear().catch(() => undefined)
    throw error
  }

  /** Near its end; and not tried in vain just now, unless there is nothing left to lose. */
  #isDue(): boolean {
    const leftMs = this.#leftMs()
    return leftMs < LEAST_MS || (leftMs < this.#marginMs && this.#client.environment.monotonicMs() >= this.#notBeforeMs)
  }

  #leftMs(): number {
    return this.#tokens.expiresAtMs - this.#client.environment.nowMs()
  }

  #marginNow(): number {
    return Math.min(MARGIN_MS, Math.max(LEAST_MS, this.#leftMs() / 5))
  }
}
