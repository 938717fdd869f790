import { parseAgentId } from '../../model/ids.ts'
import type { AgentId } from '../../model/ids.ts'
import type { OauthAgent, OauthAgents } from './oauth-dependencies.ts'
import { OWN_CLIENT_ID } from './own-client.ts'

const PREFIX = 'agent:'

/** The `client_id` of an agent: the name in its id. Pure. */
export function clientIdOf(agent: AgentId): string {
  return agent.slice(PREFIX.length)
}

/**
 * Which registered agent a client is. A client that names itself by the URL of its metadata document (CIMD) is the agent that is registered
 * under that URL's host, and nobody where there is none: a document never registers an identity.
 * @returns undefined for our own command line, for unknown clients and for revoked agents
 */
export function agentOfClient(clientId: string, agents: OauthAgents): OauthAgent | undefined {
  if (clientId === OWN_CLIENT_ID) return undefined
  const id = parseAgentId(`${PREFIX}${isMetadataUrl(clientId) ? metadataHost(clientId) : clientId}`)
  const agent = id === undefined ? undefined : agents.agent(id)
  return agent?.status === 'active' ? agent : undefined
}

/** Whether a client is an agent that was taken out of service, which is none that can do anything. */
export function isRevokedAgent(clientId: string, agents: OauthAgents): boolean {
  const id = parseAgentId(`${PREFIX}${clientId}`)
  return id !== undefined && agents.agent(id)?.status === 'revoked'
}

/**
 * Whether a client that was authenticated has proved that it is its agent: a public one only named itself, and the keys in a document prove that
 * document alone, which anybody has put there who may put files on that host. Pure.
 */
export function provesAgent({ clientId, clientAuthMethod }: { readonly clientId: string, readonly clientAuthMethod?: string | undefined }): boolean {
  return clientAuthMethod !== 'none' && !isMetadataUrl(clientId)
}

/** Whether a `client_id` is the URL of a metadata document. Pure. */
export function isMetadataUrl(clientId: string): boolean {
  return clientId.startsWith('https://') && URL.canParse(clientId)
}

/** The host of such a URL, without a port: documents are taken from the standard port alone. Pure. */
export function metadataHost(clientId: string): string {
  const { hostname, port } = new URL(clientId)
  return port === '' ? hostname : ''
}
