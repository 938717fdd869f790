import { createPublicKey, type KeyObject } from 'node:crypto'
import { UnavailableError } from '../errors/refusals.ts'
import type { AuthorityClient } from '../oauth/authority-client.ts'
import { membersOf, textOf } from '../oauth/json-answer.ts'
import { oauthRefusal } from '../oauth/oauth-refusal.ts'
import { send } from '../oauth/send.ts'
import { SharedCalls } from '../shared-calls.ts'

const MAX_KEYS = 32
/** A key that was withdrawn is believed for no longer. */
const KEPT_MS = 300_000
/** An unknown key name has the set read again, no more often than this: anybody can make names up. */
const COOL_DOWN_MS = 10_000

interface Kept {
  readonly keys: ReadonlyMap<string, KeyObject>
  readonly readAtMs: number
}

/** The authority's public keys (RFC 7517), by name. */
export class AuthorityKeys {
  readonly #client: AuthorityClient
  readonly #reading = new SharedCalls<Kept>()
  #kept: Kept | undefined

  constructor(client: AuthorityClient) {
    this.#client = client
  }

  /** @returns undefined where the authority has no such key @throws UnavailableError where its keys cannot be read */
  async find(kid: string, signal: AbortSignal): Promise<KeyObject | undefined> {
    const age = this.#kept === undefined ? Infinity : this.#client.environment.monotonicMs() - this.#kept.readAtMs
    const known = age < KEPT_MS ? this.#kept?.keys.get(kid) : undefined
    if (known !== undefined || age < COOL_DOWN_MS) return known
    this.#kept = await this.#reading.run('', signal, (shared) => this.#read(shared))
    return this.#kept.keys.get(kid)
  }

  async #read(signal: AbortSignal): Promise<Kept> {
    const { settings, environment } = this.#client
    const { jwksUri: url } = await this.#client.metadata(signal)
    if (url === undefined) throw new UnavailableError({ code: 'answer_malformed', message: `${settings.issuer} names no key set.` })
    const init = (): RequestInit => ({ headers: { accept: 'application/jwk-set+json, application/json' } })
    const answer = await send({ url, init, safety: 'repeatable', timeoutMs: settings.timeoutMs, signal }, environment)
    if (answer.status !== 200) throw oauthRefusal(answer, environment.nowMs())
    const list: readonly unknown[] = Array.isArray(answer.body['keys']) ? answer.body['keys'].slice(0, MAX_KEYS) : []
    return { keys: new Map(list.flatMap(keyOf)), readAtMs: environment.monotonicMs() }
  }
}

/** P-256 keys for signatures; others are left aside. */
function keyOf(member: unknown): [string, KeyObject][] {
  const { kty, crv, x, y, use, alg, kid } = membersOf(member)
  const name = textOf(kid)
  const fits = kty === 'EC' && crv === 'P-256' && (use ?? 'sig') === 'sig' && (alg ?? 'ES256') === 'ES256'
  if (name === undefined || !fits || typeof x !== 'string' || typeof y !== 'string') return []
  try {
    return [[name, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })]]
  } catch {
    return []
  }
}
