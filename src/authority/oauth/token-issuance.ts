import type { AccessToken, Account, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { Clock } from '../../lib/clock.ts'
import { parseId } from '../../model/ids.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import { signAgentToken } from '../tokens/sign-agent-token.ts'
import type { AgentTokenClaims } from '../tokens/sign-agent-token.ts'
import { authorizationDetails, scopeText, signDelegationToken } from '../tokens/sign-delegation-token.ts'
import { readAccess } from './access-request.ts'
import { personOf } from './audit-trail.ts'
import type { OauthTrail } from './audit-trail.ts'
import { agentOfClient } from './client-identity.ts'
import { narrowConsent } from './narrow-consent.ts'
import type { OauthAgent, OauthDependencies } from './oauth-dependencies.ts'
import { ADMIN_TOKEN_S, OWN_CLIENT_ID } from './own-client.ts'
import { invalidScope, translated } from './requested-access.ts'
import { stateOf } from './request-state.ts'
import type { Resources } from './resources.ts'

export interface TokenIssuanceOptions extends Pick<OauthDependencies, 'issuer' | 'lifetimes' | 'agents' | 'desk' | 'words' | 'personName'> {
  readonly clock: Clock
  readonly keys: SigningKeys
  readonly trail: OauthTrail
  readonly resources: Resources
}

/** A code or a refresh token. */
interface TokenSource {
  readonly grantId?: string | undefined
}

/**
 * What tokens say, and whether there are any: decided at each issuance from the delegation as it stands now. The library does the protocol,
 * this the content.
 */
export class TokenIssuance {
  readonly #options: TokenIssuanceOptions

  constructor(options: TokenIssuanceOptions) {
    this.#options = options
  }

  /**
   * `findAccount`: asked before a code or refresh token is used up, and at the end of an interaction.
   * @returns undefined where the session has ended, which the library tells as `invalid_grant`
   */
  readonly account = async (context: KoaContextWithOIDC, sub: string, source?: TokenSource): Promise<Account | undefined> => {
    const account: Account = { accountId: sub, claims: () => ({ sub }) }
    const session = source?.grantId === undefined ? undefined : parseId('ses', source.grantId)
    if (session === undefined) return account
    const state = stateOf(context)
    state.granted ??= await this.#options.desk.live(session)
    if (state.granted?.session.id !== session || this.#remainingS(context) < 1) return undefined
    state.personName = await this.#options.personName(state.granted.delegation.person)
    state.consent = this.#consentFor(context)
    return account
  }

  /** `ttl.AccessToken`: no longer than the delegation and its session. */
  readonly accessTokenS = (context: KoaContextWithOIDC, token: { readonly clientId?: string | undefined }): number => {
    if (token.clientId === OWN_CLIENT_ID) return ADMIN_TOKEN_S
    return Math.max(1, Math.min(seconds(this.#options.lifetimes.delegationTokenMs), this.#remainingS(context)))
  }

  /** `ttl.RefreshToken`, within the session. */
  readonly refreshTokenS = (context: KoaContextWithOIDC): number =>
    Math.max(1, Math.min(seconds(this.#options.lifetimes.refreshTokenMs), this.#remainingS(context)))

  /** `ttl.ClientCredentials`. */
  readonly agentTokenS = (): number => seconds(this.#options.lifetimes.delegationTokenMs)

  /** The value of a delegation token. Sets what the answer tells of it, too. */
  async delegationToken(context: KoaContextWithOIDC, token: AccessToken): Promise<string> {
    const { granted, consent = [], personName } = stateOf(context)
    const agent = this.#agent(token.clientId)
    if (granted === undefined || granted.session.agent !== agent.id || consent.length === 0) throw new errors.InvalidGrant('nothing is approved')
    token.scope = scopeText(consent)
    token.rar = authorizationDetails(consent)
    const lifetimeS = token.expiration
    await this.#options.trail.issued({ agent, granted, personName, consent, lifetimeS })
    const { issuer, keys, resources, clock } = this.#options
    const audience = audienceOf(token)
    return signDelegationToken({
      issuer, audience, profile: resources.profileOf(audience), agent: agent.id, person: granted.delegation.person, personName,
      clientId: token.clientId ?? '', delegation: granted.delegation.id, session: granted.session.id, consent,
      ...lifeFrom(clock, lifetimeS), ...bindingsOf(token),
    }, keys.current())
  }

  /** The value of an agent's token for itself. */
  async agentToken(token: ClientCredentials): Promise<string> {
    const agent = this.#agent(token.clientId)
    const lifetimeS = token.expiration
    await this.#options.trail.issued({ agent, granted: undefined, personName: undefined, consent: [], lifetimeS })
    const { issuer, keys, clock } = this.#options
    return signAgentToken({
      issuer, audience: audienceOf(token), agent: agent.id, clientId: token.clientId ?? '', ...lifeFrom(clock, lifetimeS), ...bindingsOf(token),
    }, keys.current())
  }

  /** The record of a token of the admin API's, before it leaves. */
  adminToken(token: AccessToken): Promise<void> {
    return this.#options.trail.signedIn(personOf(token.accountId), token.expiration)
  }

  /** What stands approved, or what a narrower request leaves of it. */
  #consentFor(context: KoaContextWithOIDC): ReturnType<typeof narrowConsent> {
    const { granted, wantedScope } = stateOf(context)
    const { params = {} } = context.oidc
    const standing = (granted?.delegation.access ?? []).map(({ integration, scopes, targets }) => ({ integration, scopes, targets }))
    const wanted = translated(() => readAccess(wantedScope, params['authorization_details'], this.#options.words))
    if (wanted.length === 0) return standing
    const narrowed = narrowConsent(standing, wanted, this.#options.words)
    if (narrowed !== undefined) return narrowed
    throw wantedScope === undefined
      ? new errors.InvalidAuthorizationDetails('more than the person approved')
      : invalidScope('more than the person approved')
  }

  /** Until the delegation and its session end; without bound where none is concerned. */
  #remainingS(context: KoaContextWithOIDC): number {
    const { granted } = stateOf(context)
    if (granted === undefined) return Infinity
    return seconds(Math.min(granted.delegation.expiresAtMs, granted.session.expiresAtMs) - this.#options.clock.nowMs())
  }

  #agent(clientId: string | undefined): OauthAgent {
    const agent = agentOfClient(clientId ?? '', this.#options.agents)
    if (agent === undefined) throw new errors.InvalidGrant('the client is no agent that is in service')
    return agent
  }
}

function lifeFrom(clock: Clock, lifetimeS: number): { readonly issuedAtMs: number, readonly expiresAtMs: number } {
  const issuedAtMs = clock.nowMs()
  return { issuedAtMs, expiresAtMs: issuedAtMs + lifetimeS * 1000 }
}

function bindingsOf(token: AccessToken | ClientCredentials): Pick<AgentTokenClaims, 'certificateThumbprint' | 'dpopThumbprint'> {
  return { certificateThumbprint: token['x5t#S256'], dpopThumbprint: token.jkt }
}

function audienceOf({ aud }: AccessToken | ClientCredentials): string {
  if (typeof aud !== 'string') throw new TypeError('a token is for one audience')
  return aud
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
