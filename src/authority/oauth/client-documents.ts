import type { Client, Configuration } from 'oidc-provider'
import { agentOfClient, metadataHost } from './client-identity.ts'
import { mustProveItself } from './client-metadata.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'

/** The version of the draft that the library implements; another one is a decision. */
const DRAFT = 'draft-02'
const MAX_URL = 512
const TIMEOUT_MS = 2_500
const MAX_REDIRECTS = 16
const CACHE_S = { min: 60, max: 3600 }

type Feature = NonNullable<NonNullable<Configuration['features']>['clientIdMetadataDocument']>
type Fetch = NonNullable<Configuration['fetch']>
type Options = Pick<OauthDependencies, 'metadataHosts' | 'agents' | 'clientCertificates' | 'http'>

/** Client ID metadata documents: of the configured hosts alone, and only for agents that are registered under their host with nothing to prove themselves by. */
export function clientDocuments({ metadataHosts, agents, clientCertificates }: Omit<Options, 'http'>): Feature {
  const isRegistered = (clientId: string): boolean => {
    const agent = clientId.length <= MAX_URL && isNamed(clientId, metadataHosts) ? agentOfClient(clientId, agents) : undefined
    // A document would let its agent fall back to less.
    return agent !== undefined && !mustProveItself(agent, clientCertificates)
  }
  return {
    enabled: metadataHosts.length > 0,
    ack: DRAFT,
    allowFetch: (_context, clientId) => isRegistered(clientId),
    // Asked for each use, also of a document that is still in the cache: a revoked agent is refused at once.
    allowClient: (_context, client) => isRegistered(client.clientId) && isAcceptable(client),
    cacheDuration: CACHE_S,
  }
}

/** What the library fetches goes through the egress guard, to the configured hosts only, and follows no redirect. */
export function documentFetch({ metadataHosts, http }: Pick<Options, 'metadataHosts' | 'http'>): Fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (init?.method !== undefined && init.method !== 'GET') throw new TypeError('only GET is sent')
    if (!isNamed(url, metadataHosts)) throw new TypeError('the host is not one of those configured')
    const signal = init?.signal ?? AbortSignal.timeout(TIMEOUT_MS)
    const { status, headers, body } = await http({ method: 'GET', url, headers: { accept: 'application/json' } }, signal)
    return new Response(BODILESS.has(status) ? null : body, { status, headers: readable(headers) })
  }
}

const BODILESS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304])

function readable(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['content-type', 'cache-control', 'expires']
  return Object.fromEntries(names.flatMap((name) => headers[name] === undefined ? [] : [[name, headers[name]]]))
}

function isNamed(url: string, hosts: readonly string[]): boolean {
  return url.startsWith('https://') && URL.canParse(url) && hosts.includes(metadataHost(url))
}

/** One way to answer, one place each: nothing of a document may widen what is enabled here. */
function isAcceptable({ responseModes, redirectUris }: Client): boolean {
  return (responseModes ?? []).every((mode) => mode === 'query') && (redirectUris ?? []).length <= MAX_REDIRECTS
}
