import { compactVerify } from 'jose'
import { parseJsonObject, type JsonObject } from '../server/json-body.ts'
import type { AppRegistration } from './app-registration.ts'

const MAX_AHEAD_S = 600
const SKEW_S = 60

const TEXTS = {
  undecodable: 'A JSON web token could not be decoded',
  issuer: "'Issuer' claim ('iss') must be an Integer",
  expired: "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
  tooFar: "'Expiration time' claim ('exp') is too far in the future",
  issuedAt: "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
} as const

/** Why an app's JWT is not accepted, in GitHub's words. */
export type AppJwtProblem = (typeof TEXTS)[keyof typeof TEXTS]

/**
 * Checks an app's JWT: RS256 by its registered key, `iss` its id or client id, `exp` at most ten minutes ahead,
 * `iat` not in the future beyond a minute.
 * @returns undefined where it is good
 */
export async function checkAppJwt(token: string, app: AppRegistration, nowMs: number): Promise<AppJwtProblem | undefined> {
  const claims = await verifiedClaims(token, app)
  if (claims === undefined) return TEXTS.undecodable
  const nowS = nowMs / 1000
  const { iss, exp, iat } = claims
  if (iss !== app.id && iss !== String(app.id) && iss !== app.clientId) return TEXTS.issuer
  if (typeof exp !== 'number' || !Number.isFinite(exp) || exp <= nowS) return TEXTS.expired
  if (exp > nowS + MAX_AHEAD_S) return TEXTS.tooFar
  if (typeof iat !== 'number' || !Number.isInteger(iat) || iat > nowS + SKEW_S) return TEXTS.issuedAt
  return undefined
}

/** What an app endpoint says to a caller without a usable JWT. */
export const NO_APP_JWT: AppJwtProblem = TEXTS.undecodable

async function verifiedClaims(token: string, app: AppRegistration): Promise<JsonObject | undefined> {
  try {
    const { payload } = await compactVerify(token, app.publicKey, { algorithms: ['RS256'] })
    return parseJsonObject(Buffer.from(payload))
  } catch {
    return undefined
  }
}
