import type { AdapterPayload } from 'oidc-provider'
import { Provider } from 'oidc-provider'
import { parseId } from '../../../model/ids.ts'
import type { SessionId } from '../../../model/ids.ts'
import { authorizationDetails, scopeText } from '../../tokens/sign-delegation-token.ts'
import { agentOfClient, clientIdOf } from '../client-identity.ts'
import type { OauthAgents } from '../oauth-dependencies.ts'
import type { Granted } from '../../delegations/contract.ts'
import { StoredModel } from './stored-model.ts'
import type { StoredModelOptions } from './stored-model.ts'

export interface GrantModelOptions extends StoredModelOptions {
  readonly agents: OauthAgents
  live(session: SessionId): Promise<Granted | undefined>
  /** Where tokens can be for. */
  readonly resources: readonly string[]
}

/** What the library's types leave out of a grant's payload. */
interface GrantPayload {
  readonly resources: Readonly<Record<string, string>>
}

/**
 * The library's grants. That of an agent is not stored: it is the session of a delegation, as it stands now, so that there is one truth of
 * what was approved. Those of our own command line are stored.
 */
export class GrantModel extends StoredModel {
  readonly #options: GrantModelOptions

  constructor(options: GrantModelOptions) {
    super('Grant', options)
    this.#options = options
  }

  override async upsert(id: string, payload: AdapterPayload, expiresInS?: number): Promise<void> {
    if (parseId('ses', id) !== undefined) throw new TypeError('a delegation is not changed by the library')
    // By its own name, too: what ends the tokens of a grant ends the grant.
    await this.options.shortLived.put({ ...this.record(id, payload, expiresInS), grant: id })
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const session = parseId('ses', id)
    if (session === undefined) return super.find(id)
    const granted = await this.#options.live(session)
    return granted === undefined ? undefined : this.#view(granted)
  }

  /** Only told where a code or a refresh token was shown by two (`revokeGrantPolicy`). */
  override async destroy(id: string): Promise<void> {
    await this.options.onUsedTwice(id)
    if (parseId('ses', id) === undefined) await super.destroy(id)
  }

  #view({ delegation, session }: Granted): AdapterPayload & GrantPayload {
    const scope = scopeText(delegation.access)
    return {
      kind: 'Grant',
      jti: session.id,
      accountId: delegation.person,
      clientId: this.#clientOf(session.agent),
      iat: Math.floor(session.startedAtMs / 1000),
      exp: Math.floor(Math.min(session.expiresAtMs, delegation.expiresAtMs) / 1000),
      resources: Object.fromEntries(this.#options.resources.map((resource) => [resource, scope])),
      rar: authorizationDetails(delegation.access),
    }
  }

  /** An agent may have come by the URL of its metadata document: then that is its name in this request. */
  #clientOf(agent: Granted['session']['agent']): string {
    const asking = Provider.ctx?.oidc.client?.clientId
    return asking !== undefined && agentOfClient(asking, this.#options.agents)?.id === agent ? asking : clientIdOf(agent)
  }
}
