import { createHash, randomBytes } from 'node:crypto'
import { errorFrom } from '../errors/error-from.ts'
import { misconfigured } from '../errors/misconfigured.ts'
import { LoginFailedError } from '../errors/refusals.ts'
import type { AuthorityClient } from '../oauth/authority-client.ts'
import type { AccessFields } from './login-request.ts'
import { listenForAnswer } from './loopback-answer.ts'
import { tokensIn, type TokenSet } from './token-answer.ts'

/** What this flow needs of the options. */
export interface LoopbackOptions {
  readonly openUrl: (url: string) => void | Promise<void>
  readonly redirectPath?: string
}

/** Authorization code with PKCE, answered on a loopback port (RFC 6749, 7636, 8252, 9207). @throws LoginFailedError and others */
export async function loopbackTokens(options: LoopbackOptions, fields: AccessFields, client: AuthorityClient, signal: AbortSignal): Promise<TokenSet> {
  const { redirectPath = '/callback', openUrl } = options
  if (!/^\/[A-Za-z0-9._~/-]*$/.test(redirectPath)) throw misconfigured('redirectPath has to be a plain path')
  const [verifier, state] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
  const { authorizationEndpoint } = await client.metadata(signal)
  if (authorizationEndpoint === undefined) throw misconfigured('the authority serves no authorization endpoint')
  const answer = await listenForAnswer(redirectPath, state)
  try {
    const { redirectUri } = answer
    const page = pageOf(authorizationEndpoint, { ...fields, client_id: client.settings.clientId, redirect_uri: redirectUri, state, code_challenge: challengeOf(verifier) })
    const code = codeIn(await shown(openUrl, page, answer.wait(signal)), client.settings.issuer)
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
    return tokensIn(await client.post('tokenEndpoint', form, 'once', signal), client.environment.nowMs())
  } finally {
    await answer.close()
  }
}

/** A page that cannot be opened ends the sign-in; one that was opened is waited for, whenever `openUrl` itself is done. */
function shown<T>(openUrl: (url: string) => void | Promise<void>, page: string, answer: Promise<T>): Promise<T> {
  const failed = Promise.withResolvers<never>()
  // In a promise of its own, so that what it throws at once is a rejection too.
  void Promise.resolve(page).then(openUrl).catch(failed.reject)
  return Promise.race([answer, failed.promise])
}

function pageOf(endpoint: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(endpoint)
  const all = { response_type: 'code', code_challenge_method: 'S256', ...parameters }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}

/** Its `state` was compared already. */
function codeIn(answer: URLSearchParams, issuer: string): string {
  const once = (name: string): string | undefined => {
    const values = answer.getAll(name)
    if (values.length > 1) throw refused('it says something twice')
    return values[0]
  }
  // RFC 9207 section 2.4: a code of another authority is not to be sent to this one.
  if (once('iss') !== issuer) throw refused('it is of another authority')
  const [error, code, description] = [once('error'), once('code'), once('error_description')]
  if (error !== undefined) throw errorFrom({ code: error, message: `${description ?? 'The authority ended the sign-in.'} (${error})` })
  if (code === undefined || code === '') throw refused('it has no code')
  return code
}

function refused(why: string): LoginFailedError {
  return new LoginFailedError({ code: 'login_answer_refused', message: `The answer that the browser brought is not taken: ${why}.` })
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

