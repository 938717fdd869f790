import { generateKeyPairSync, createPrivateKey } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import { SignJWT } from 'jose'
import { Agent, fetch as undiciFetch, FormData as UndiciFormData } from 'undici'
import type { Clock } from '../../src/lib/clock.ts'
import type { Github } from '../../src/demo/github/start-github.ts'

/** A clock that stands still until it is moved. Begins at the machine's time, cut to whole seconds. */
export class StandInClock implements Clock {
  #nowMs = Math.floor(Date.now() / 1000) * 1000

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  advance(ms: number): void {
    this.#nowMs += ms
  }
}

/** A fetch that trusts one authority, and its end. */
export interface TrustingFetch {
  readonly fetch: typeof globalThis.fetch
  close(): Promise<void>
}

/**
 * undici's fetch over an agent that trusts only this CA: what NODE_EXTRA_CA_CERTS would do for a whole process.
 * Every name is at 127.0.0.1, so `https://api.github.com:PORT` reaches a stand-in.
 */
export function fetchTrusting(caPem: string): TrustingFetch {
  const lookup: LookupFunction = (_hostname, options, found) => {
    if (options.all === true) found(null, [{ address: '127.0.0.1', family: 4 }])
    else found(null, '127.0.0.1', 4)
  }
  const dispatcher = new Agent({ connect: { ca: caPem, lookup } })
  const fetch = (input: unknown, init?: RequestInit): unknown =>
    undiciFetch(input as string, { ...init, body: ownForm(init?.body), dispatcher } as object)
  return { fetch: fetch as typeof globalThis.fetch, close: () => dispatcher.destroy() }
}

/** undici knows only its own FormData, while clients under test make the runtime's. */
function ownForm(body: unknown): unknown {
  if (!(body instanceof FormData)) return body ?? undefined
  const own = new UndiciFormData()
  for (const [name, value] of body.entries()) {
    if (typeof value === 'string') own.append(name, value)
    else own.append(name, value, value.name)
  }
  return own
}

/** Claims that differ from a good app JWT's, or another key. */
export interface AppJwtOptions {
  readonly nowMs: number
  readonly claims?: Readonly<Record<string, unknown>>
  readonly foreignKey?: boolean
}

/** A JWT of the stand-in's app, as its owner would sign it. */
export function appJwt(github: Github, options: AppJwtOptions): Promise<string> {
  const nowS = Math.floor(options.nowMs / 1000)
  const foreign = options.foreignKey === true
  const key = foreign ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : createPrivateKey(github.app.privateKeyPem)
  const claims = { iss: String(github.app.id), iat: nowS - 60, exp: nowS + 540, ...options.claims }
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(key)
}

/** Gets an installation token the way the product does. */
export async function issueToken(github: Github, http: TrustingFetch, body: object, installation = 81_001): Promise<string> {
  const jwt = await appJwt(github, { nowMs: Date.now() })
  const response = await http.fetch(`${github.origin}/app/installations/${installation}/access_tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${jwt}`, 'user-agent': 'test', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as { token?: string }
  if (response.status !== 201 || answer.token === undefined) throw new Error(`no token: ${response.status}`)
  return answer.token
}
