import type { Client, KoaContextWithOIDC, ResourceServer } from 'oidc-provider'
import { errors } from 'oidc-provider'
import { agentOfClient, provesAgent } from './client-identity.ts'
import { ADMIN_RESOURCE_PATH } from './endpoints.ts'
import type { OauthAudience, OauthDependencies, OauthResourceServer } from './oauth-dependencies.ts'
import { ADMIN_SCOPE, ADMIN_TOKEN_S, OWN_CLIENT_ID } from './own-client.ts'

type ResourcesOptions = Pick<OauthDependencies, 'issuer' | 'audiences' | 'resourceServers' | 'agents' | 'mayActForItself'>

/** Whom tokens can be for (RFC 8707): ourselves with our proxies, the configured audiences, servers that are agents of ours, and our own admin API. */
export class Resources {
  readonly admin: string
  readonly #issuer: string
  readonly #audiences: readonly OauthAudience[]
  readonly #servers: readonly OauthResourceServer[]
  readonly #dependencies: Pick<OauthDependencies, 'agents' | 'mayActForItself'>

  constructor({ issuer, audiences, resourceServers, agents, mayActForItself }: ResourcesOptions) {
    this.admin = `${issuer}${ADMIN_RESOURCE_PATH}`
    this.#issuer = issuer
    this.#servers = resourceServers.filter(({ resource }) => resource !== issuer && resource !== this.admin)
    this.#audiences = [
      { audience: issuer, claims: 'postern' },
      ...audiences.filter(({ audience }) => audience !== issuer),
      ...this.#servers.map(({ resource }) => ({ audience: resource, claims: 'postern' as const })),
    ]
    this.#dependencies = { agents, mayActForItself }
  }

  /** What an agent's token can be for. */
  get ofAgents(): readonly string[] {
    return this.#audiences.map(({ audience }) => audience)
  }

  /** Of what a request names as `resource`, the servers that are agents of ours: who will act with its tokens. */
  serversIn(resource: unknown): readonly OauthResourceServer[] {
    const named: readonly unknown[] = Array.isArray(resource) ? resource : [resource]
    return this.#servers.filter((server) => named.includes(server.resource))
  }

  /** The claims profile that this audience reads. */
  profileOf(audience: string): OauthAudience['claims'] {
    return this.#audiences.find((entry) => entry.audience === audience)?.claims ?? 'postern'
  }

  /** `defaultResource`: what a request without `resource` is for. Of several that were granted, ours. */
  readonly defaultOf = (_context: KoaContextWithOIDC, client: Client, granted?: readonly string[]): string | readonly string[] => {
    const own = client.clientId === OWN_CLIENT_ID ? this.admin : this.#issuer
    return granted === undefined || granted.includes(own) ? own : granted
  }

  /** `getResourceServerInfo`: what a token for this resource is like. Asked in each request that could lead to a token. */
  readonly describe = (context: KoaContextWithOIDC, resource: string, client: Client): ResourceServer => {
    const { params } = context.oidc
    if (client.clientId === OWN_CLIENT_ID) {
      if (resource !== this.admin) throw new errors.InvalidTarget('the command line gets tokens for the admin API only')
      if (params !== undefined) params['scope'] ??= ADMIN_SCOPE
      return { scope: ADMIN_SCOPE, audience: resource, accessTokenFormat: 'opaque', accessTokenTTL: ADMIN_TOKEN_S }
    }
    if (!this.ofAgents.includes(resource)) throw new errors.InvalidTarget('the resource is not one that tokens are issued for')
    if (params?.['grant_type'] === 'client_credentials') this.#assertForItself(client, params)
    return { scope: typeof params?.['scope'] === 'string' ? params['scope'] : '', audience: resource, accessTokenFormat: 'jwt' }
  }

  /** An agent acts for itself only where an org rule says so, and only after it has proved itself. */
  #assertForItself(client: Client, params: Readonly<Record<string, unknown>>): void {
    const agent = agentOfClient(client.clientId, this.#dependencies.agents)
    if (!provesAgent(client)) throw new errors.UnauthorizedClient('a client that has not proved to be its agent cannot act for itself')
    if (agent === undefined || !this.#dependencies.mayActForItself(agent.id)) {
      throw new errors.UnauthorizedClient('no rule of the organisation lets this agent act for itself')
    }
    if (params['scope'] !== undefined || params['authorization_details'] !== undefined) {
      throw new errors.CustomOIDCProviderError('invalid_scope', 'what an agent may do for itself follows from policy; it asks for nothing')
    }
  }
}
