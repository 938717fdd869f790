import type { IdentityConfig, IssuerConfig } from '../../config/config.ts'
import type { Clock } from '../../lib/clock.ts'
import { delegationTokenProfile } from '../../proxy/identify/delegation-claims.ts'
import { jwksFromFile, jwksFromUrl, type FetchText } from '../../proxy/identify/jwks.ts'
import { keysInProcess } from '../../proxy/identify/key-source-in-process.ts'
import type { KeySource } from '../../proxy/identify/key-source.ts'
import { serviceAccountProfile } from '../../proxy/identify/service-account-claims.ts'
import type { TokenProfile } from '../../proxy/identify/token-profile.ts'
import { TokenVerifier } from '../../proxy/identify/token-verifier.ts'
import type { RunningAuthority } from './authority.ts'
import type { OwnHttp } from './dial-settings.ts'

export interface IdentityDependencies {
  readonly own: OwnHttp
  /** Our own authority, where it runs in this process. */
  readonly authority: Pick<RunningAuthority, 'url' | 'oauth'> | undefined
  readonly clock: Clock
  /** Told why an issuer's keys cannot be read. */
  onProblem(message: string): void
}

/** The verifier of every kind of token that is configured. */
export function tokenVerifier({ delegationTokens, serviceAccounts }: IdentityConfig, deps: IdentityDependencies): TokenVerifier {
  return new TokenVerifier([
    ...(deps.authority === undefined ? [] : [ownTokens(deps.authority)]),
    ...(delegationTokens === undefined ? [] : [delegationTokenProfile({ ...delegationTokens, keys: keySource(delegationTokens, deps) })]),
    ...(serviceAccounts === undefined ? [] : [serviceAccountProfile({ ...serviceAccounts, keys: keySource(serviceAccounts, deps) })]),
  ])
}

/** More than any token of ours lives. */
const MAX_LIFETIME_MS = 86_400_000

/** What our own authority signs: good only while it keeps what the token is of. */
function ownTokens({ url, oauth }: Pick<RunningAuthority, 'url' | 'oauth'>): TokenProfile {
  const keys = keysInProcess({
    get generation() { return oauth.verification.generation },
    get jwks() { return JSON.stringify(oauth.verification.jwks()) },
  })
  return delegationTokenProfile({ issuer: url, audience: url, claims: 'postern', maxLifetimeMs: MAX_LIFETIME_MS, keys, kept: true })
}

function keySource({ jwks }: IssuerConfig, deps: IdentityDependencies): KeySource {
  const options = { clock: deps.clock, onProblem: deps.onProblem }
  if ('file' in jwks) return jwksFromFile(jwks.file, options)
  const send = deps.own.client(jwks.connect)
  const fetchText: FetchText = async (url, { signal }) => {
    const answer = await send({ method: 'GET', url, headers: { accept: 'application/jwk-set+json, application/json' } }, signal)
    if (answer.status !== 200) throw new Error(`the key set's host answered ${answer.status}`)
    return answer.body
  }
  return jwksFromUrl(jwks.url, fetchText, options)
}
