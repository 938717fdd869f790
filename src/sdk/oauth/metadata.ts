import { UnavailableError } from '../errors/refusals.ts'
import { misconfigured } from '../errors/misconfigured.ts'
import type { Environment } from '../environment.ts'
import { textOf, type JsonAnswer } from './json-answer.ts'
import { oauthRefusal } from './oauth-refusal.ts'
import { send } from './send.ts'
import { SharedCalls } from '../shared-calls.ts'

/** Where an authority is asked what; undefined for what it does not serve. */
export interface Metadata {
  readonly tokenEndpoint: string
  readonly authorizationEndpoint: string | undefined
  readonly deviceAuthorizationEndpoint: string | undefined
  readonly revocationEndpoint: string | undefined
  readonly introspectionEndpoint: string | undefined
  readonly jwksUri: string | undefined
}

const KEPT_MS = 300_000
const WELL_KNOWN = '/.well-known/oauth-authorization-server'

/** The authority's metadata (RFC 8414), read when it is first needed and every five minutes. */
export class MetadataSource {
  readonly #issuer: string
  readonly #environment: Environment
  readonly #reading = new SharedCalls<Metadata>()
  #kept: { readonly metadata: Metadata; readonly untilMs: number } | undefined

  constructor(issuer: string, environment: Environment) {
    this.#issuer = issuer
    this.#environment = environment
  }

  /** @throws UnavailableError; ConfigurationError where this is not the authority that was named */
  async get(timeoutMs: number, signal: AbortSignal): Promise<Metadata> {
    if (this.#kept !== undefined && this.#environment.monotonicMs() < this.#kept.untilMs) return this.#kept.metadata
    return this.#reading.run('', signal, async (shared) => {
      const { origin, pathname } = new URL(this.#issuer)
      // Section 3.1: what path the issuer has comes after the well-known one.
      const url = `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`
      const answer = await send({ url, init: () => ({ headers: { accept: 'application/json' } }), safety: 'repeatable', timeoutMs, signal: shared }, this.#environment)
      const metadata = metadataIn(answer, this.#issuer, this.#environment.nowMs())
      this.#kept = { metadata, untilMs: this.#environment.monotonicMs() + KEPT_MS }
      return metadata
    })
  }
}

function metadataIn(answer: JsonAnswer, issuer: string, nowMs: number): Metadata {
  const { status, body } = answer
  if (status !== 200) {
    if (status >= 500 || status === 429) throw oauthRefusal(answer, nowMs)
    throw misconfigured(`${issuer} has no metadata of an authority: it answers ${status}`)
  }
  // Section 3.3: else another authority could have tokens sent to it.
  if (body['issuer'] !== issuer) throw misconfigured(`${issuer} names another issuer in its metadata; authorityUrl has to be the issuer itself`)
  const tokenEndpoint = endpointIn(body, 'token_endpoint', issuer)
  if (tokenEndpoint === undefined) throw new UnavailableError({ code: 'answer_malformed', message: `${issuer} names no token endpoint.`, status })
  return {
    tokenEndpoint,
    authorizationEndpoint: endpointIn(body, 'authorization_endpoint', issuer),
    deviceAuthorizationEndpoint: endpointIn(body, 'device_authorization_endpoint', issuer),
    revocationEndpoint: endpointIn(body, 'revocation_endpoint', issuer),
    introspectionEndpoint: endpointIn(body, 'introspection_endpoint', issuer),
    jwksUri: endpointIn(body, 'jwks_uri', issuer),
  }
}

/** All that an authority serves is at its own origin: what it is sent goes nowhere else. */
function endpointIn(body: Readonly<Record<string, unknown>>, name: string, issuer: string): string | undefined {
  const text = textOf(body[name])
  if (text === undefined) return undefined
  if (URL.parse(text)?.origin !== new URL(issuer).origin) throw misconfigured(`${issuer} names a ${name} at another origin`)
  return text
}
