import * as oidc from 'openid-client'
import type { UpstreamHttp } from '../../integrations/upstream-http.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import { guardedFetch } from './guarded-fetch.ts'

export interface IdentityProviderOptions {
  readonly issuer: string
  readonly clientId: string
  /** Undefined for a public client. */
  readonly clientSecret: Secret | undefined
  readonly scopes: readonly string[]
  /** Claims that are asked for at the userinfo endpoint where the ID token does not carry them. */
  readonly wanted: readonly string[]
  readonly http: UpstreamHttp
  readonly clock: Clock
  /** `https://postern.acme.com/login/callback`, as registered there. */
  readonly redirectUri: string
  readonly signedOutUri: string
}

/** What has to be remembered between sending somebody off and their return. */
export interface SignInAttempt {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

export type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string }

/** An upstream OpenID Connect provider: Okta, Entra, Google, Keycloak. */
export interface IdentityProvider {
  /** @param another lets the person choose another account than the one that is signed in there */
  begin(another: boolean): Promise<{ readonly url: string; readonly attempt: SignInAttempt }>
  /** @throws whatever openid-client does not accept, or Fault `credential_unavailable` where the provider cannot be reached */
  finish(callback: URL, attempt: SignInAttempt): Promise<{ readonly claims: Claims; readonly idToken: string | undefined }>
  signOutUrl(idToken: string): Promise<string | undefined>
}

/** Keys and endpoints change now and then. */
const METADATA_MS = 3_600_000
const TIMEOUT_SECONDS = 10
const CLOCK_SKEW_SECONDS = 60

/**
 * Discovers the provider at the first sign-in, and again each hour. ID tokens are verified by signature, too, though they come over TLS.
 * @throws TypeError where the issuer is neither `https` nor on this machine
 */
export function createIdentityProvider(options: IdentityProviderOptions): IdentityProvider {
  const issuer = issuerUrl(options.issuer)
  const flights = new SingleFlight<oidc.Configuration>()
  let known: { readonly config: oidc.Configuration; readonly untilMs: number } | undefined

  return {
    async begin(another) {
      const config = await configuration()
      const attempt = { state: oidc.randomState(), nonce: oidc.randomNonce(), codeVerifier: oidc.randomPKCECodeVerifier() }
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: options.redirectUri,
        scope: options.scopes.join(' '),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.codeVerifier),
        code_challenge_method: 'S256',
        ...(another ? { prompt: promptOf(config, issuer) } : {}),
      })
      return { url: url.href, attempt }
    },

    async finish(callback, attempt) {
      const config = await configuration()
      const tokens = await oidc.authorizationCodeGrant(config, callback, {
        expectedState: attempt.state, expectedNonce: attempt.nonce, pkceCodeVerifier: attempt.codeVerifier, idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) throw new TypeError('openid-client gave no claims of an ID token that it checked')
      return { claims: await completed(config, claims, tokens.access_token), idToken: tokens.id_token }
    },

    async signOutUrl(idToken) {
      try {
        const config = await configuration()
        if (config.serverMetadata().end_session_endpoint === undefined) return undefined
        return oidc.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri: options.signedOutUri }).href
      } catch {
        // Signed out here all the same: that must not depend on whether the provider answers.
        return undefined
      }
    },
  }

  function configuration(): Promise<oidc.Configuration> {
    if (known !== undefined && options.clock.monotonicMs() < known.untilMs) return Promise.resolve(known.config)
    return flights.run('discovery', async () => {
      const config = await discover(options, issuer)
      known = { config, untilMs: options.clock.monotonicMs() + METADATA_MS }
      return config
    })
  }

  /** Some providers put only the subject into the ID token. */
  async function completed(config: oidc.Configuration, claims: Claims, accessToken: string): Promise<Claims> {
    const missing = options.wanted.some((name) => claims[name] === undefined)
    if (!missing || config.serverMetadata().userinfo_endpoint === undefined) return claims
    const more = await oidc.fetchUserInfo(config, accessToken, claims.sub)
    return { ...more, ...claims }
  }
}

function discover({ clientId, clientSecret, http }: IdentityProviderOptions, issuer: URL): Promise<oidc.Configuration> {
  const execute = [oidc.enableNonRepudiationChecks, ...(issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [])]
  const authentication = clientSecret === undefined ? oidc.None() : byClientSecret(clientSecret.reveal())
  return oidc.discovery(issuer, clientId, { [oidc.clockTolerance]: CLOCK_SKEW_SECONDS }, authentication, {
    execute, timeout: TIMEOUT_SECONDS, [oidc.customFetch]: guardedFetch(http),
  })
}

/** In the header, as OpenID Connect presumes, unless the provider says that it takes it in the body only. */
function byClientSecret(secret: string): oidc.ClientAuth {
  const [inHeader, inBody] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)]
  return (server, ...rest) => {
    const supported = server.token_endpoint_auth_methods_supported
    const bodyOnly = supported !== undefined && !supported.includes('client_secret_basic') && supported.includes('client_secret_post')
    return (bodyOnly ? inBody : inHeader)(server, ...rest)
  }
}

/** `login` is what most providers know; Google knows `select_account` only. */
function promptOf(config: oidc.Configuration, issuer: URL): string {
  const supported = config.serverMetadata()['prompt_values_supported']
  const chooses = Array.isArray(supported) && supported.includes('select_account')
  return chooses || issuer.hostname === 'accounts.google.com' ? 'select_account' : 'login'
}

function issuerUrl(text: string): URL {
  const url = new URL(text)
  if (url.protocol === 'https:') return url
  if (url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return url
  throw new TypeError('the identity provider is reached by https, or on this machine')
}
