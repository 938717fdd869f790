import { DelegationEndedError, LoginFailedError } from '../errors/refusals.ts'
import { AuthorityClient } from '../oauth/authority-client.ts'
import { deviceTokens } from './device-flow.ts'
import type { LoginOptions } from './login-options.ts'
import { accessFields, type AccessFields } from './login-request.ts'
import { loopbackTokens } from './loopback-flow.ts'
import { RenewingSession } from './renewing-session.ts'
import type { Session } from './session.ts'
import type { StoredSession } from './session-store.ts'
import type { TokenSet } from './token-answer.ts'

const PATIENCE_MS = 600_000

/**
 * Begins a run of this agent for a person: takes up the session that the store has, or asks the person, in a browser on this machine or by a
 * code on another device.
 * @throws LoginFailedError where the person said no or took too long; ConfigurationError; UnavailableError; the reason of `signal`
 */
export function login(options: LoginOptions): Promise<Session> {
  return loginAt(new AuthorityClient(options), options)
}

/** `login()` at an authority that is known already. */
export async function loginAt(client: AuthorityClient, options: LoginOptions): Promise<Session> {
  const fields = accessFields(options)
  const facts = { issuer: client.settings.issuer, clientId: client.settings.clientId, asked: JSON.stringify(fields) }
  const kept = await resumed(client, options, facts)
  if (kept !== undefined) return kept
  const session = new RenewingSession({ ...facts, ...await askedFor(client, options, fields) }, client, options.store, false)
  // Kept before anybody uses it.
  await session.accessToken()
  return session
}

/** A session that was kept for the same request and is still good. */
async function resumed(client: AuthorityClient, { store, signal }: LoginOptions, facts: Pick<StoredSession, 'issuer' | 'clientId' | 'asked'>): Promise<Session | undefined> {
  const stored = await store?.load()
  if (stored === undefined || stored.issuer !== facts.issuer || stored.clientId !== facts.clientId || stored.asked !== facts.asked) return undefined
  const session = new RenewingSession(stored, client, store, true)
  try {
    await session.accessToken(signal === undefined ? {} : { signal })
    return session
  } catch (error) {
    if (error instanceof DelegationEndedError) return undefined
    throw error
  }
}

async function askedFor(client: AuthorityClient, options: LoginOptions, fields: AccessFields): Promise<TokenSet> {
  const { signal: own, loginTimeoutMs = PATIENCE_MS } = options
  const over = AbortSignal.timeout(loginTimeoutMs)
  const signal = AbortSignal.any([over, ...(own === undefined ? [] : [own])])
  try {
    return await (options.flow === 'device' ? deviceTokens(options, fields, client, signal) : loopbackTokens(options, fields, client, signal))
  } catch (error) {
    if (!over.aborted || own?.aborted === true || error instanceof LoginFailedError) throw error
    throw new LoginFailedError({ code: 'login_timeout', message: `Nobody signed in within ${loginTimeoutMs} ms.`, cause: error })
  }
}
