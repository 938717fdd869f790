import type { IdentityConfig, IssuerConfig } from '../../config/config.ts'
import { upstreamHttp } from '../../egress/upstream-http.ts'
import type { Clock } from '../../lib/clock.ts'
import { delegationTokenProfile } from '../../proxy/identify/delegation-claims.ts'
import { jwksFromFile, jwksFromUrl, type FetchText } from '../../proxy/identify/jwks.ts'
import type { KeySource } from '../../proxy/identify/key-source.ts'
import { serviceAccountProfile } from '../../proxy/identify/service-account-claims.ts'
import { TokenVerifier } from '../../proxy/identify/token-verifier.ts'
import { dialSettingsOf, type UpstreamDependencies } from './upstreams.ts'

export interface IdentityDependencies extends Pick<UpstreamDependencies, 'ownListeners' | 'resolve'> {
  readonly clock: Clock
  /** Told why an issuer's keys cannot be read. */
  onProblem(message: string): void
}

/** The verifier of every kind of token that is configured. */
export function tokenVerifier({ delegationTokens, serviceAccounts }: IdentityConfig, deps: IdentityDependencies): TokenVerifier {
  return new TokenVerifier([
    ...(delegationTokens === undefined ? [] : [delegationTokenProfile({ ...delegationTokens, keys: keySource(delegationTokens, deps) })]),
    ...(serviceAccounts === undefined ? [] : [serviceAccountProfile({ ...serviceAccounts, keys: keySource(serviceAccounts, deps) })]),
  ])
}

function keySource({ jwks }: IssuerConfig, deps: IdentityDependencies): KeySource {
  const options = { clock: deps.clock, onProblem: deps.onProblem }
  if ('file' in jwks) return jwksFromFile(jwks.file, options)
  const { send } = upstreamHttp({ dial: dialSettingsOf(jwks.connect, deps), maxBodyBytes: 1_048_576, timeoutMs: 10_000 })
  const fetchText: FetchText = async (url, { signal }) => {
    const answer = await send({ method: 'GET', url, headers: { accept: 'application/jwk-set+json, application/json' } }, signal)
    if (answer.status !== 200) throw new Error(`the key set's host answered ${answer.status}`)
    return answer.body
  }
  return jwksFromUrl(jwks.url, fetchText, options)
}
