import type { Provider } from 'oidc-provider'
import type { AccessToken, RefreshToken } from 'oidc-provider'
import { parsePersonId } from '../../model/ids.ts'
import type { PersonId, SessionId } from '../../model/ids.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { signInEnded } from '../people/sign-outs.ts'
import { agentOfClient } from './client-identity.ts'
import type { AdminTokens, IssuedTokens, StoredToken, StoredTokens } from './contract.ts'
import type { OauthAgents } from './oauth-dependencies.ts'
import { OWN_CLIENT_ID } from './own-client.ts'
import { REFRESH_KIND } from './refresh-rotation.ts'

const MAX_TOKEN = 256

export interface KeptTokensOptions {
  readonly provider: Provider
  readonly shortLived: ShortLived
  readonly agents: OauthAgents
  /** The resource of the admin API. */
  readonly adminResource: string
}

/** The tokens that are kept: refresh tokens, and the opaque ones of the admin API. */
export class KeptTokens implements AdminTokens, IssuedTokens, StoredTokens {
  readonly #options: KeptTokensOptions

  constructor(options: KeptTokensOptions) {
    this.#options = options
  }

  async person(token: string): Promise<PersonId | undefined> {
    if (token.length > MAX_TOKEN) return undefined
    const { provider, adminResource } = this.#options
    const found = await provider.AccessToken.find(token)
    if (found?.clientId !== OWN_CLIENT_ID || found.aud !== adminResource || !found.isValid) return undefined
    // What is bound to a key or a certificate is worth nothing by itself.
    if (found.jkt !== undefined || found['x5t#S256'] !== undefined) return undefined
    const [grant, person] = [await provider.Grant.find(found.grantId), parsePersonId(found.accountId)]
    if (grant === undefined || person === undefined) return undefined
    return await this.#signedOut(person, grant) ? undefined : person
  }

  /** A sign-in that is over ends with all its tokens, so that none is refreshed either. `iat` is of whole seconds: in doubt it is over. */
  async #signedOut(person: PersonId, { iat, jti }: { readonly iat: number; readonly jti: string }): Promise<boolean> {
    const ended = await signInEnded(this.#options.shortLived, person, iat * 1000)
    if (ended) await this.endGrant(jti)
    return ended
  }

  async endSession(session: SessionId): Promise<void> {
    await this.#options.shortLived.removeByGrant(session)
  }

  async find(token: string): Promise<StoredToken | undefined> {
    if (token.length === 0 || token.length > MAX_TOKEN) return undefined
    const { provider } = this.#options
    const found = await provider.RefreshToken.find(token) ?? await provider.AccessToken.find(token)
    if (found === undefined || !found.isValid || found.grantId === undefined) return undefined
    const [grant, person] = [await provider.Grant.find(found.grantId), parsePersonId(found.accountId)]
    if (grant === undefined || person === undefined) return undefined
    if (found.clientId === OWN_CLIENT_ID && await this.#signedOut(person, grant)) return undefined
    const record = found.kind === 'RefreshToken' ? await this.#options.shortLived.find(REFRESH_KIND, token) : undefined
    return this.#described(found, record?.consumedAtMs !== undefined)
  }

  async endGrant(grant: string): Promise<void> {
    await this.#options.shortLived.removeByGrant(grant)
  }

  #described(token: RefreshToken | AccessToken, used: boolean): StoredToken | undefined {
    const { clientId = '', grantId = '', iat, exp = 0 } = token
    const person = parsePersonId(token.accountId)
    const known = clientId === OWN_CLIENT_ID || agentOfClient(clientId, this.#options.agents) !== undefined
    if (person === undefined || !known) return undefined
    return {
      kind: token.kind === 'RefreshToken' ? 'refresh_token' : 'access_token',
      used, clientId, person, grant: grantId, issuedAtMs: iat * 1000, expiresAtMs: exp * 1000, jkt: token.jkt, x5t: token['x5t#S256'],
    }
  }
}
