import { generateKeyPair, exportJWK } from 'jose'
import type { Client, Configuration, JWK } from 'oidc-provider'
import { errors } from 'oidc-provider'
import { MAX_ASSERTION_S } from './assertion-lifetime.ts'
import { CLIENT_ALGORITHMS, clientMethods, PROOF_ALGORITHMS } from './algorithms.ts'
import { clientDocuments, documentFetch } from './client-documents.ts'
import { libraryCookies } from './cookies.ts'
import { USER_CODE_MASK } from './device-answer.ts'
import { DEVICE_PATH, ENDPOINTS, INTERACTION_PATH } from './endpoints.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'
import { certificateMatches, senderCertificate } from './sender-certificate.ts'
import { checkDetail, checkRequestedAccess, EXTEND_PARAMETER } from './requested-access.ts'
import { stateOf } from './request-state.ts'
import type { Resources } from './resources.ts'
import type { TokenIssuance } from './token-issuance.ts'
import { authorizationDetails } from '../tokens/sign-delegation-token.ts'

const CLOCK_TOLERANCE_S = 15
/** How long a question to a person stays open. */
const INTERACTION_S = 900
const DEVICE_CODE_S = 600
const CODE_S = 60

type Features = NonNullable<Configuration['features']>

/** What the configuration of the library is made of. */
export interface ProviderParts extends Pick<Configuration, 'adapter' | 'rotateRefreshToken' | 'loadExistingGrant'> {
  readonly dependencies: OauthDependencies
  readonly issuance: TokenIssuance
  readonly resources: Resources
  readonly policy: NonNullable<NonNullable<Configuration['interactions']>['policy']>
  readonly cookieKey: Buffer
  readonly nonceKey: Buffer
}

/** The library's configuration: everything that it offers and we do not name is off. */
export async function providerConfiguration(parts: ProviderParts): Promise<Configuration> {
  const { dependencies, issuance, resources } = parts
  return {
    adapter: parts.adapter,
    rotateRefreshToken: parts.rotateRefreshToken,
    loadExistingGrant: parts.loadExistingGrant,
    cookies: libraryCookies(dependencies.issuer.startsWith('https:'), parts.cookieKey),
    jwks: { keys: [await unusedKey()] },
    routes: routes(),
    features: features(parts),
    interactions: { policy: parts.policy, url: (_context, interaction) => `${INTERACTION_PATH}/${interaction.uid}` },
    extraParams: { [EXTEND_PARAMETER]: (context) => checkRequestedAccess(context, dependencies) },
    findAccount: issuance.account,
    ttl: lifetimes(issuance),
    scopes: [],
    responseTypes: ['code'],
    clientAuthMethods: [...clientMethods(dependencies.clientCertificates)],
    clientDefaults: {
      token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256', response_modes: ['query'], authorization_details_types: ['postern'],
    },
    enabledJWA: {
      clientAuthSigningAlgValues: [...CLIENT_ALGORITHMS], dPoPSigningAlgValues: [...PROOF_ALGORITHMS], idTokenSigningAlgValues: ['ES256'],
    },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clockTolerance: CLOCK_TOLERANCE_S,
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    clientBasedCORS: (_context, origin, client) => mayAskFrom(origin, client),
    assertJwtClientAuthClaimsAndHeader: (_context, claims) => assertAssertion(claims, dependencies),
    fetch: documentFetch(dependencies),
    fetchResponseBodyLimits: { 'client_id metadata document': 16_384, jwks_uri: 65_536, sector_identifier_uri: 0 },
    renderError: async (context, out) => {
      context.type = 'html'
      context.body = await dependencies.renderError(context.req, { error: out.error, description: out.error_description ?? '' })
    },
  }

  function lifetimes(own: TokenIssuance): NonNullable<Configuration['ttl']> {
    return {
      AccessToken: own.accessTokenS,
      AuthorizationCode: CODE_S,
      ClientCredentials: own.agentTokenS,
      DeviceCode: DEVICE_CODE_S,
      Grant: Math.max(1, Math.floor(dependencies.lifetimes.refreshTokenMs / 1000)),
      Interaction: INTERACTION_S,
      RefreshToken: own.refreshTokenS,
      Session: INTERACTION_S,
    }
  }

  function features({ nonceKey }: ProviderParts): Features {
    return {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: false, allowUnregisteredRedirectUris: false },
      dPoP: { enabled: true, nonceSecret: nonceKey, requireNonce: () => false, allowReplay: false },
      deviceFlow: deviceFlow(),
      mTLS: clientCertificates(dependencies.clientCertificates),
      clientIdMetadataDocument: clientDocuments(dependencies),
      resourceIndicators: {
        enabled: true, defaultResource: resources.defaultOf, getResourceServerInfo: resources.describe, useGrantedResource: () => true,
      },
      richAuthorizationRequests: {
        enabled: true,
        types: { postern: { validate: (_context: unknown, detail: unknown) => checkDetail(detail, (name) => dependencies.words(name)) } },
        // What the code is good for is told by the delegation, when the code is used.
        authorizationDetailsForGrantSource: () => undefined,
        authorizationDetailsForAccessToken: (context: object) => authorizationDetails(stateOf(context).consent ?? []),
        authorizationDetailsForIntrospection: () => undefined,
      },
    }
  }
}

/** A program in a browser, from where its answers go to; no other site. */
function mayAskFrom(origin: string, client: Client): boolean {
  // `null` is the origin of files, sandboxes and schemes of one's own.
  return origin !== 'null' && client.clientAuthMethod === 'none' && (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin)
}

function routes(): NonNullable<Configuration['routes']> {
  return {
    authorization: ENDPOINTS.authorization,
    token: ENDPOINTS.token,
    pushed_authorization_request: ENDPOINTS.pushedAuthorization,
    device_authorization: ENDPOINTS.deviceAuthorization,
    code_verification: DEVICE_PATH,
    jwks: ENDPOINTS.jwks,
  }
}

/** The pages of the device flow are ours: the library's are out of reach, and say nothing should they ever be reached. */
function deviceFlow(): NonNullable<Features['deviceFlow']> {
  const nothing = (context: { body: unknown }): void => { context.body = '' }
  return {
    enabled: true, charset: 'base-20', mask: USER_CODE_MASK, deviceInfo: () => ({}),
    userCodeInputSource: nothing, userCodeConfirmSource: nothing, successSource: nothing,
  }
}

function clientCertificates(enabled: boolean): NonNullable<Features['mTLS']> {
  return {
    enabled,
    certificateBoundAccessTokens: enabled,
    // Our socket verifies against the configured authorities: a certificate that signs itself never gets that far.
    selfSignedTlsClientAuth: false,
    tlsClientAuth: enabled,
    getCertificate: (context) => senderCertificate(context.req),
    certificateAuthorized: (context) => senderCertificate(context.req) !== undefined,
    certificateSubjectMatches: (context, property, expected) => {
      const certificate = senderCertificate(context.req)
      return certificate !== undefined && certificateMatches(certificate, property, expected)
    },
  }
}

/** For us alone (an assertion that others take, too, could be theirs), and short. */
function assertAssertion(claims: Readonly<Record<string, unknown>>, { issuer, clock }: OauthDependencies): void {
  const audiences: readonly unknown[] = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']]
  const ours = audiences.every((audience) => typeof audience === 'string' && (audience === issuer || audience.startsWith(`${issuer}/oauth2/`)))
  const { exp } = claims
  const short = typeof exp === 'number' && exp * 1000 - clock.nowMs() <= MAX_ASSERTION_S * 1000
  if (!ours || !short) throw new errors.InvalidClientAuth('the assertion is for others, too, or lives too long')
}

/** The library refuses to start without a key, and its own is public. It signs nothing: this one is seen by nobody. */
async function unusedKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...await exportJWK(privateKey), use: 'sig', alg: 'ES256' }
}
