import { createHash, randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { expect } from 'vitest'
import { Browser } from './browser.ts'
import { REDIRECT } from './oauth-world.ts'
import type { OauthWorld } from './oauth-world.ts'

export const VERIFIER = randomBytes(32).toString('base64url')
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type Parameters = Readonly<Record<string, string | undefined>>

/** An answer of the token endpoint, or of another that speaks JSON. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** The URL of an authorization request that is as it should be, but for what the test says. */
export function authorizeUrl(world: OauthWorld, parameters: Parameters = {}): string {
  const url = new URL('/oauth2/authorize', world.issuer)
  const all: Parameters = {
    client_id: 'pr-reviewer', response_type: 'code', redirect_uri: REDIRECT, scope: 'github:pulls:read', state: 'st4te',
    code_challenge: CHALLENGE, code_challenge_method: 'S256', ...parameters,
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}

/** A POST of a form, answered with JSON. */
export async function post(world: OauthWorld, path: string, parameters: Parameters, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const body = new URLSearchParams(Object.entries(parameters).flatMap(([name, value]) => value === undefined ? [] : [[name, value] as [string, string]]))
  const response = await fetch(new URL(path, world.issuer), { method: 'POST', body, headers })
  return { status: response.status, headers: response.headers, body: await response.json() as Record<string, unknown> }
}

/** An authorization that the world's person approves. @returns the code */
export async function codeFor(world: OauthWorld, parameters: Parameters = {}, browser = new Browser(world.issuer)): Promise<string> {
  const answer = await browser.toClient(authorizeUrl(world, parameters))
  expect(answer.searchParams.get('error_description')).toBeNull()
  const code = answer.searchParams.get('code')
  if (code === null) throw new Error(`no code: ${answer.href}`)
  return code
}

export function redeem(world: OauthWorld, code: string, parameters: Parameters = {}, headers?: Readonly<Record<string, string>>): Promise<Answered> {
  return post(world, '/oauth2/token', { grant_type: 'authorization_code', client_id: 'pr-reviewer', code, redirect_uri: REDIRECT, code_verifier: VERIFIER, ...parameters }, headers)
}

export interface Tokens {
  readonly access: string
  readonly refresh: string
}

export function tokensOf({ status, body }: Answered): Tokens {
  expect({ status, error: body['error'], description: body['error_description'] }).toEqual({ status: 200, error: undefined, description: undefined })
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) }
}

/** From the authorization request to the tokens. */
export async function tokensFor(world: OauthWorld, parameters: Parameters = {}): Promise<Tokens> {
  return tokensOf(await redeem(world, await codeFor(world, parameters)))
}

export function refresh(world: OauthWorld, token: string, parameters: Parameters = {}, headers?: Readonly<Record<string, string>>): Promise<Answered> {
  return post(world, '/oauth2/token', { grant_type: 'refresh_token', client_id: 'pr-reviewer', refresh_token: token, ...parameters }, headers)
}

/** A client assertion of `agent:release-notes` (RFC 7523), but for what the test says. */
export async function assertion(world: OauthWorld, claims: Readonly<Record<string, unknown>> = {}, key = world.privateKey): Promise<Parameters> {
  const nowS = Math.floor(Date.now() / 1000)
  const jwt = await new SignJWT({ iss: 'release-notes', sub: 'release-notes', aud: world.issuer, jti: randomBytes(12).toString('hex'), iat: nowS, exp: nowS + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256' }).sign(key)
  return { client_id: 'release-notes', client_assertion_type: ASSERTION, client_assertion: jwt }
}

export function detail(integration: string, scopes: readonly string[], targets?: readonly string[]): Record<string, unknown> {
  return { type: 'postern', integration, scopes, ...(targets === undefined ? {} : { targets }) }
}
