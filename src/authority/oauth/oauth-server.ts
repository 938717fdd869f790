import type { RequestListener } from 'node:http'
import { errors, Provider } from 'oidc-provider'
import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import { parseId } from '../../model/ids.ts'
import { sharedBytes } from '../tokens/shared-keys.ts'
import { signAgentToken } from '../tokens/sign-agent-token.ts'
import type { AgentTokenClaims } from '../tokens/sign-agent-token.ts'
import { signDelegationToken } from '../tokens/sign-delegation-token.ts'
import type { DelegationTokenClaims, SigningKey } from '../tokens/sign-delegation-token.ts'
import type { PublishedKey } from '../tokens/signing-key-document.ts'
import { SigningKeys } from '../tokens/signing-keys.ts'
import { OauthTrail } from './audit-trail.ts'
import { BrowserBinding } from './browser-binding.ts'
import { agentMetadata, ownClientMetadata } from './client-metadata.ts'
import { agentOfClient, isMetadataUrl } from './client-identity.ts'
import type { AdminTokens, DeviceCodes, GrantType, Interactions, IssuedTokens, StoredTokens } from './contract.ts'
import { TypedDeviceCodes } from './device-codes.ts'
import { oauthFront } from './front.ts'
import { GrantTypes } from './grant-types.ts'
import { interactionPrompts } from './interaction-policy.ts'
import { OpenInteractions } from './interactions.ts'
import { KeptTokens } from './kept-tokens.ts'
import { libraryModels } from './library/models.ts'
import { issueOwnTokens } from './library/own-tokens.ts'
import { authorizationServerMetadata } from './metadata.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'
import { OWN_CLIENT_ID } from './own-client.ts'
import { PollPace } from './poll-pace.ts'
import { providerConfiguration } from './provider-configuration.ts'
import { RefreshRotation } from './refresh-rotation.ts'
import { ReplayEnding } from './replay-ending.ts'
import { stateOf } from './request-state.ts'
import { Resources } from './resources.ts'
import { SignInGrants } from './sign-in-grants.ts'
import { TokenIssuance } from './token-issuance.ts'
import { watchLibrary } from './watch-library.ts'

/** Longer than anybody keeps our key set (60 s by its cache header, some an hour). */
const PUBLISH_AHEAD_MS = 2 * 3_600_000
const POLL_INTERVAL_MS = 5_000

/** The OAuth server as the rest of the authority uses it. */
export interface OauthServer {
  /** Answers `/oauth2/*` (but `introspect` and `revoke`) and `/.well-known/*`. */
  readonly callback: RequestListener
  readonly interactions: Interactions
  readonly devices: DeviceCodes
  readonly adminTokens: AdminTokens
  readonly issuedTokens: IssuedTokens
  readonly storedTokens: StoredTokens
  /** Before the first request: adds a grant type of our own to the token endpoint and to the metadata. */
  registerGrantType(grantType: GrantType): void
  signDelegation(claims: Omit<DelegationTokenClaims, 'issuer' | 'profile'>): Promise<string>
  signAgent(claims: Omit<AgentTokenClaims, 'issuer'>): Promise<string>
  /** The key that signs now, for other tokens of ours. */
  signingKey(): SigningKey
  /** What is published; `generation` rises whenever it becomes another. */
  readonly verification: { readonly generation: number, jwks(): { readonly keys: readonly PublishedKey[] } }
  /** Publishes a new signing key, which signs once everybody had the time to see it. @returns its `kid` */
  rotateSigningKey(): Promise<string>
  /** Since when the newest signing key signs, or from when it will; wall clock. */
  newestKeySignsFromMs(): number
  close(): void
}

/** Makes the OAuth server. Its keys lie in the keyring, shared with all authorities on the store, and are made at the first start. */
export async function createOauthServer(dependencies: OauthDependencies, pollIntervalMs = POLL_INTERVAL_MS): Promise<OauthServer> {
  const { issuer, keyring, clock, lifetimes, shortLived, agents } = dependencies
  const keys = await SigningKeys.open(keyring, clock, { publishAheadMs: PUBLISH_AHEAD_MS, keepMs: 2 * lifetimes.delegationTokenMs + 60_000 })
  const trail = new OauthTrail(dependencies)
  const resources = new Resources(dependencies)
  const issuance = new TokenIssuance({ ...dependencies, keys, trail, resources })
  const browsers = new BrowserBinding({ secure: issuer.startsWith('https:'), shortLived, clock })
  const grantTypes = new GrantTypes(dependencies)
  const pace = new PollPace(clock, pollIntervalMs)
  const provider = await makeProvider(dependencies, { trail, resources, issuance, browsers, grantTypes, pace })
  const kept = new KeptTokens({ provider, shortLived, agents, adminResource: resources.admin })
  const signIns = new SignInGrants(provider, resources.admin)
  const unsubscribe = dependencies.changes.subscribe(({ kind }) => {
    if (kind === 'keys' || kind === 'all') keys.reload().catch((error: unknown) => dependencies.onError(error))
  })
  const handle = provider.callback()
  const metadata = (): Readonly<Record<string, unknown>> => authorizationServerMetadata({ ...dependencies, grantTypes: grantTypes.all })
  const jwks = (): { readonly keys: readonly PublishedKey[] } => ({ keys: keys.published() })
  return {
    callback: oauthFront({ issuer, library: (request, response) => void handle(request, response), metadata, keys: jwks }),
    interactions: new OpenInteractions({ ...dependencies, provider, browsers, trail, resources, signIns }),
    devices: new TypedDeviceCodes({ provider, browsers, clock }),
    adminTokens: kept,
    issuedTokens: kept,
    storedTokens: kept,
    registerGrantType: (grantType) => grantTypes.register(provider, grantType),
    signDelegation: (claims) => signDelegationToken({ ...claims, issuer, profile: resources.profileOf(claims.audience) }, keys.current()),
    signAgent: (claims) => signAgentToken({ ...claims, issuer }, keys.current()),
    signingKey: () => keys.current(),
    verification: { get generation() { return keys.generation }, jwks },
    rotateSigningKey: () => keys.rotate(),
    newestKeySignsFromMs: () => keys.newestSignsFromMs,
    close: unsubscribe,
  }
}

interface ProviderInside {
  readonly trail: OauthTrail
  readonly resources: Resources
  readonly issuance: TokenIssuance
  readonly browsers: BrowserBinding
  readonly grantTypes: GrantTypes
  readonly pace: PollPace
}

async function makeProvider(dependencies: OauthDependencies, inside: ProviderInside): Promise<Provider> {
  const { issuer, keyring, shortLived, clock, timers, lifetimes, agents, clientCertificates, desk } = dependencies
  const { trail, resources, issuance, browsers, grantTypes, pace } = inside
  const rotation = new RefreshRotation({ shortLived, clock, timers, replayMs: lifetimes.refreshReplayMs })
  const ending = new ReplayEnding({ ...dependencies, trail })
  const adapter = libraryModels({
    shortLived, clock, agents, rotation, pace,
    resources: resources.ofAgents,
    live: (session) => desk.live(session),
    onUsedTwice: (grant) => ending.end(grant),
    clientMetadata(clientId) {
      if (clientId === OWN_CLIENT_ID) return ownClientMetadata()
      // Of a client that names itself by a URL the document speaks.
      const agent = isMetadataUrl(clientId) ? undefined : agentOfClient(clientId, agents)
      return agent === undefined ? undefined : agentMetadata(agent, clientCertificates, grantTypes.own)
    },
  })
  const provider = new Provider(issuer, await providerConfiguration({
    dependencies, issuance, resources, adapter,
    policy: interactionPrompts((context) => bindBrowser(context, browsers)),
    cookieKey: await sharedBytes(keyring, 'oauth-cookies'),
    nonceKey: await sharedBytes(keyring, 'dpop-nonces'),
    rotateRefreshToken: (context) => rotateRefreshToken(context, rotation, ending),
    loadExistingGrant: (context) => approvedGrant(provider, context),
  }))
  provider.proxy = true
  issueOwnTokens(provider, issuance)
  watchLibrary(provider, { ...dependencies, trail, browsers, pace })
  return provider
}

/** The browser gets a name before its first question, and the question keeps it. */
function bindBrowser(context: KoaContextWithOIDC, browsers: BrowserBinding): string {
  const state = stateOf(context)
  state.browser ??= browsers.of(context.req.headers.cookie)
  return browsers.digest(state.browser.secret)
}

/** Whether the library is to make a successor. Where another request has made it, this one is answered with the same. */
async function rotateRefreshToken(context: KoaContextWithOIDC, rotation: RefreshRotation, ending: ReplayEnding): Promise<boolean> {
  const token = context.oidc.entities.RefreshToken
  if (token === undefined) throw new TypeError('there is no refresh token to rotate')
  const outcome = await rotation.rotate(token.jti)
  switch (outcome.kind) {
    case 'rotates':
    case 'repeats':
      stateOf(context).refresh = outcome
      return outcome.kind === 'rotates'
    case 'reused':
      await ending.end(token.grantId ?? '')
      throw new errors.InvalidGrant('refresh token already used')
    case 'unknown':
      throw new errors.InvalidGrant('refresh token not found')
    case 'busy':
      throw new errors.TemporarilyUnavailable('another refresh with this token is under way; try again')
  }
}

/** At the end of an interaction: what the person approved, and nothing from before. */
async function approvedGrant(provider: Provider, context: KoaContextWithOIDC): Promise<Grant | undefined> {
  const id = context.oidc.result?.consent?.grantId
  if (id === undefined) return undefined
  const grant = await provider.Grant.find(id)
  if (grant === undefined) throw new errors.AccessDenied('the approval was taken back meanwhile')
  const { params = {} } = context.oidc
  // The library goes on only where something of what was asked for, word by word, is granted; the person may have said it in other words.
  if (parseId('ses', id) !== undefined && typeof params['scope'] === 'string') {
    for (const resource of Object.keys(context.oidc.resourceServers ?? {})) grant.addResourceScope(resource, params['scope'])
  }
  return grant
}
