import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { ConsentDetail } from '../../src/model/principal.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld, type PosternWorldOptions, type TokenWish } from '../support/postern-world.ts'
import { startMcpUpstream, type McpIntegrationName, type McpUpstream } from './mcp-server.ts'

/** What Alice approved for the agent at each server. */
export const MCP_CONSENT: readonly ConsentDetail[] = (['mcp-v1', 'mcp-v2', 'mcp-raw'] as const).flatMap((integration) => [
  { integration, scopes: ['tools:call'], targets: ['review_*', 'search_*'] },
  { integration, scopes: ['resources:read'], targets: ['file:///public/**'] },
])

const ALL = '[mcp-v1, mcp-v2, mcp-raw]'
const POLICIES = {
  'mcp.yaml': agentRules(
    'agent:pr-reviewer',
    `{ id: mcp-session, allow: { integration: ${ALL}, scopes: [] } }`,
    `{ id: mcp-review, allow: { integration: ${ALL}, scopes: ["tools:call"], target: "review_*", when: 'body.params.arguments.repo == "acme/backend"' } }`,
    `{ id: mcp-search, allow: { integration: ${ALL}, scopes: ["tools:read"], target: "search_*" } }`,
    `{ id: mcp-read, allow: { integration: ${ALL}, scopes: ["resources:read"], target: "file:///**" } }`,
  ),
  'mcp-org.yaml': `policy: org\ndefault: allow\nrules:\n  - { id: lend-mcp, allow: { integration: ${ALL} }, authority: organisation }\n`,
}

/** The product before MCP servers, and official clients that reach them through it. */
export interface McpWorld<W extends PosternWorld = PosternWorld> {
  readonly world: W
  readonly upstream: McpUpstream
  /** Every byte of every answer that clients of this world got by base URL. */
  readonly seen: () => string
  token(wish?: TokenWish): Promise<string>
  url(integration: McpIntegrationName): URL
  /** A client of SDK v1, connected. */
  v1(integration: McpIntegrationName, token?: string): Promise<{ readonly client: ClientV1; readonly transport: TransportV1 }>
  /** A client of SDK v2, connected; by the newest revision where the server has it. */
  v2(integration: McpIntegrationName, token?: string, mode?: 'auto' | 'legacy'): Promise<ClientV2>
  /** One POST of a message, as bytes of the test's own. */
  post(integration: McpIntegrationName, message: unknown, headers?: Readonly<Record<string, string>>, token?: string): Promise<Response>
  close(): Promise<void>
}

export function startMcpWorld(auditMode: 'strict' | 'relaxed' = 'strict'): Promise<McpWorld> {
  return startMcpWorldIn((options) => startPosternWorld({ auditMode, ...options }))
}

/** The same in a product that is started otherwise. */
export async function startMcpWorldIn<W extends PosternWorld>(start: (options: PosternWorldOptions) => Promise<W>): Promise<McpWorld<W>> {
  const upstream = await startMcpUpstream()
  const world = await start({ config: (text) => upstream.config(text), policies: policiesWith(POLICIES) })
  const seen: string[] = []
  const open: { close(): Promise<void> }[] = []
  const token = (wish: TokenWish = {}): Promise<string> => world.token({ consent: MCP_CONSENT, ...wish })
  const url = (integration: McpIntegrationName): URL => new URL(world.baseUrl(integration))
  const defaultToken = await token()

  async function recording(input: string | URL, init?: RequestInit): Promise<Response> {
    const response = await fetch(input, init)
    seen.push(JSON.stringify([...response.headers]))
    const [own, theirs] = response.body?.tee() ?? [undefined, null]
    void own?.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write: (text) => void seen.push(text) })).catch(() => undefined)
    return new Response(theirs, { status: response.status, headers: response.headers })
  }
  const requestInit = (bearer: string) => ({ headers: { authorization: `Bearer ${bearer}` } })

  return {
    world, upstream, token, url,
    seen: () => seen.join(''),
    async v1(integration, bearer = defaultToken) {
      const client = new ClientV1({ name: 'agent', version: '1.0.0' })
      const transport = new TransportV1(url(integration), { requestInit: requestInit(bearer), fetch: recording })
      await client.connect(transport as Parameters<typeof client.connect>[0])
      open.push(client)
      return { client, transport }
    },
    async v2(integration, bearer = defaultToken, mode = 'auto') {
      const client = new ClientV2({ name: 'agent', version: '1.0.0' }, { versionNegotiation: { mode } })
      await client.connect(new TransportV2(url(integration), { requestInit: requestInit(bearer), fetch: recording }))
      open.push(client)
      return client
    },
    post: (integration, message, headers = {}, bearer = defaultToken) => recording(url(integration), {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: typeof message === 'string' ? message : JSON.stringify(message),
    }),
    close: async () => {
      await Promise.all(open.map((one) => one.close().catch(() => undefined)))
      await world.close()
      await upstream.close()
    },
  }
}
