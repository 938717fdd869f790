import type * as Client from 'openid-client'
import { OWN_CLIENT_ID } from '../../authority/oauth/own-client.ts'
import { ADMIN_RESOURCE_PATH } from '../../authority/oauth/endpoints.ts'
import type { Clock } from '../../lib/clock.ts'
import { EXIT_UNAVAILABLE } from '../process-text.ts'
import { CommandFailure, EXIT_REFUSED } from './command-failure.ts'

/** Tokens of the authority's for its admin API. */
export interface Tokens {
  readonly accessToken: string
  readonly expiresAtMs: number
  readonly refreshToken: string | undefined
}

/** One way to get tokens. Given the parameters that every request carries. */
export type Flow = (client: typeof Client, config: Client.Configuration, resource: string) => Promise<Client.TokenEndpointResponse>

const TIMEOUT_S = 30
/** Where the authority does not say. */
const USUAL_LIFE_S = 300

/**
 * Gets tokens from the authority in one way or another. The library is loaded here alone: no other command waits for it.
 * @throws CommandFailure
 */
export async function obtainTokens(url: string, clock: Clock, flow: Flow): Promise<Tokens> {
  const client = await import('openid-client')
  return orFailure(client, url, async () => {
    const answer = await flow(client, await discover(client, url), `${url}${ADMIN_RESOURCE_PATH}`)
    return {
      accessToken: answer.access_token,
      expiresAtMs: clock.nowMs() + (answer.expires_in ?? USUAL_LIFE_S) * 1000,
      refreshToken: answer.refresh_token,
    }
  })
}

/** New tokens for old. @throws CommandFailure with exit code 77 where the person has to sign in again */
export async function refreshTokens(url: string, clock: Clock, refreshToken: string): Promise<Tokens> {
  const next = await obtainTokens(url, clock, (client, config, resource) => client.refreshTokenGrant(config, refreshToken, { resource }))
  return { ...next, refreshToken: next.refreshToken ?? refreshToken }
}

/** Tells the authority that a token is not needed any more. @throws CommandFailure */
export async function revokeToken(url: string, token: string): Promise<void> {
  const client = await import('openid-client')
  await orFailure(client, url, async () => client.tokenRevocation(await discover(client, url), token))
}

function discover(client: typeof Client, url: string): Promise<Client.Configuration> {
  const execute = url.startsWith('http:') ? [client.allowInsecureRequests] : []
  return client.discovery(new URL(url), OWN_CLIENT_ID, undefined, client.None(), { algorithm: 'oauth2', timeout: TIMEOUT_S, execute })
}

async function orFailure<T>(client: typeof Client, url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof CommandFailure) throw cause
    if (cause instanceof client.AuthorizationResponseError || cause instanceof client.ResponseBodyError) throw refusal(cause)
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : cause instanceof Error ? cause.message : 'unknown'
    throw new CommandFailure(EXIT_UNAVAILABLE, `${url} cannot be signed in at: ${why}`, { cause })
  }
}

function refusal(cause: { readonly error: string; readonly error_description?: string | undefined }): CommandFailure {
  if (cause.error === 'access_denied') return new CommandFailure(EXIT_REFUSED, 'the sign-in was declined')
  if (cause.error === 'invalid_grant') return new CommandFailure(EXIT_REFUSED, 'the login has ended: sign in again with "postern login"', { cause })
  if (cause.error === 'expired_token') return new CommandFailure(EXIT_REFUSED, 'nobody confirmed the code in time: try again', { cause })
  return new CommandFailure(EXIT_REFUSED, `the authority refuses the sign-in: ${cause.error}${cause.error_description === undefined ? '' : ` (${cause.error_description})`}`, { cause })
}
