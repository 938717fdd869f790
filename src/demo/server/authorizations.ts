import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'

/** What an app asks a person for at a stand-in's consent page. */
export interface AuthorizationRequest {
  readonly redirectUri: string
  readonly state: string | undefined
  readonly scopes: readonly string[]
  /** RFC 7636, S256; undefined where the app sent none. */
  readonly codeChallenge: string | undefined
}

/** What a person said yes to. */
export interface Approved {
  readonly login: string
  readonly scopes: readonly string[]
}

interface Code extends Approved {
  readonly request: AuthorizationRequest
  readonly expiresAtMs: number
}

/** Why a code is not traded. */
export type CodeProblem = 'unknown' | 'redirect_uri' | 'code_verifier'

const CODE_LIFE_MS = 600_000
const MAX_PENDING = 10_000

/** Consent pages that are open, and codes that were not traded yet. Codes are good once, and for what they were made for. */
export class Authorizations {
  readonly #clock: Clock
  readonly #pending = new Map<string, AuthorizationRequest>()
  readonly #codes = new Map<string, Code>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns the ticket that the page's form brings back */
  begin(request: AuthorizationRequest): string {
    if (this.#pending.size >= MAX_PENDING) this.#pending.clear()
    const ticket = randomBytes(18).toString('base64url')
    this.#pending.set(ticket, request)
    return ticket
  }

  /** Uses the ticket up. */
  take(ticket: string): AuthorizationRequest | undefined {
    const request = this.#pending.get(ticket)
    this.#pending.delete(ticket)
    return request
  }

  /** @returns a code for what was approved */
  approve(request: AuthorizationRequest, approved: Approved): string {
    if (this.#codes.size >= MAX_PENDING) this.#codes.clear()
    const code = randomBytes(20).toString('hex')
    this.#codes.set(code, { ...approved, request, expiresAtMs: this.#clock.nowMs() + CODE_LIFE_MS })
    return code
  }

  /** Uses the code up, whatever comes of it. */
  redeem(code: string, redirectUri: string | undefined, codeVerifier: string | undefined): Approved | CodeProblem {
    const found = this.#codes.get(code)
    this.#codes.delete(code)
    if (found === undefined || found.expiresAtMs <= this.#clock.nowMs()) return 'unknown'
    if (redirectUri !== found.request.redirectUri) return 'redirect_uri'
    const challenge = found.request.codeChallenge
    if (challenge === undefined ? codeVerifier !== undefined : challenge !== s256(codeVerifier ?? '')) return 'code_verifier'
    return { login: found.login, scopes: found.scopes }
  }
}

/** The redirect URI with an answer added; the state goes back as it came. */
export function redirectTo({ redirectUri, state }: AuthorizationRequest, answer: Readonly<Record<string, string>>): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  if (state !== undefined) url.searchParams.set('state', state)
  return url.href
}

function s256(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}
