import { UnavailableError } from '../errors/refusals.ts'
import { textOf, type JsonAnswer } from '../oauth/json-answer.ts'
import type { StoredSession } from './session-store.ts'

/** What a token answer (RFC 6749 section 5.1) says; the rest of a session is known already. */
export type TokenSet = Pick<StoredSession, 'accessToken' | 'expiresAtMs' | 'refreshToken' | 'scope' | 'authorizationDetails'>

/** Where the authority does not say. */
const USUAL_LIFE_S = 300

/** @throws UnavailableError `answer_malformed` */
export function tokensIn({ status, body }: JsonAnswer, nowMs: number): TokenSet {
  const accessToken = textOf(body['access_token'])
  const type = textOf(body['token_type'])?.toLowerCase()
  if (accessToken === undefined || (type !== 'bearer' && type !== 'dpop')) {
    throw new UnavailableError({ code: 'answer_malformed', message: 'The authority’s answer lacks a token, or is of a type that is not known.', status })
  }
  const seconds = typeof body['expires_in'] === 'number' && body['expires_in'] > 0 ? body['expires_in'] : USUAL_LIFE_S
  return {
    accessToken,
    expiresAtMs: nowMs + seconds * 1000,
    refreshToken: textOf(body['refresh_token']),
    scope: textOf(body['scope']) ?? '',
    authorizationDetails: Array.isArray(body['authorization_details']) ? body['authorization_details'] : [],
  }
}
