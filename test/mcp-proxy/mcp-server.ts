import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMcpHandler, McpServer as ServerV2 } from '@modelcontextprotocol/server'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer as ServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import { makeStandInCa, serverIdentity } from '../../src/demo/server/certificates.ts'

/** Serves one request, its body read. */
type Endpoint = (request: IncomingMessage, response: ServerResponse, body: unknown) => unknown

/** One request as it arrived, credential checked. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** MCP servers made with the official SDKs, and a raw one, at one address, each under its own name; all take one key. */
export interface McpUpstream {
  readonly port: number
  readonly secret: string
  readonly requests: SeenRequest[]
  /** Answers what comes to `raw.internal`. */
  raw: Endpoint
  /** The part of a configuration that makes them integrations `mcp-v1`, `mcp-v2` and `mcp-raw`. */
  config(text: string): string
  close(): Promise<void>
}

const HOSTS = { 'mcp-v1': 'v1.internal', 'mcp-v2': 'v2.internal', 'mcp-raw': 'raw.internal' } as const
export type McpIntegrationName = keyof typeof HOSTS
const REPO = { repo: z.string(), number: z.number().optional() }

export const mcpHost = (name: McpIntegrationName): string => HOSTS[name]

export async function startMcpUpstream(): Promise<McpUpstream> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-mcp-'))
  const ca = await makeStandInCa()
  const secret = `mk_${randomBytes(24).toString('base64url')}`
  await writeFile(join(directory, 'ca.pem'), ca.certificatePem)
  await writeFile(join(directory, 'key'), secret, { mode: 0o600 })
  const identity = await serverIdentity(ca, Object.values(HOSTS))
  const v1 = sessionfulV1()
  const v2 = modernV2()
  const server = createServer(identity, (request, response) => {
    void serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    if (request.headers.authorization !== `Bearer ${secret}`) return void response.writeHead(401).end()
    upstream.requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    const endpoint = request.headers.host === HOSTS['mcp-v1'] ? v1 : request.headers.host === HOSTS['mcp-v2'] ? v2 : upstream.raw
    await endpoint(request, response, body === '' ? undefined : JSON.parse(body))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connect = `{ address: "127.0.0.1:${port}", allow_addresses: ["127.0.0.1/32"], ca: { file: ${JSON.stringify(join(directory, 'ca.pem'))} } }`
  const credential = `{ secret: { file: ${JSON.stringify(join(directory, 'key'))} } }`
  const upstream: McpUpstream = {
    port, secret, requests: [],
    raw: (_request, response) => response.writeHead(500).end(),
    config: (text) => text
      .replace('tickets.internal.acme.com]', `tickets.internal.acme.com, ${Object.values(HOSTS).join(', ')}]`)
      .replace('integrations:\n', `integrations:\n${Object.entries(HOSTS).map(([name, host]) => `  ${name}:
    type: mcp
    origin: https://${host}/mcp
    credential: ${credential}
    tools: [{ name: "search_*", access: read }, { name: delete_repo, access: admin }]
    connect: ${connect}
`).join('')}`),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
  return upstream
}

/** Sessions, a stream of the server's, and answers as event streams: revisions until 2025-11-25. */
function sessionfulV1(): Endpoint {
  const transports = new Map<string, StreamableHTTPServerTransport>()
  return async (request, response, body) => {
    const known = transports.get(String(request.headers['mcp-session-id']))
    if (known !== undefined) return known.handleRequest(request, response, body)
    if (request.headers['mcp-session-id'] !== undefined) return response.writeHead(404).end()
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void transports.set(id, transport),
    })
    const server = new ServerV1({ name: 'tickets-v1', version: '1.0.0' }, { capabilities: { logging: {}, tools: { listChanged: true } } })
    const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })
    server.registerTool('review_pr', { description: 'Reviews', inputSchema: REPO }, ({ repo }) => text(`reviewed ${repo}`))
    server.registerTool('search_code', { description: 'Searches', inputSchema: { query: z.string() } }, ({ query }) => text(`found ${query}`))
    server.registerTool('delete_repo', { description: 'Deletes', inputSchema: REPO }, ({ repo }) => text(`deleted ${repo}`))
    server.registerTool('hidden_tool', { description: 'Hidden' }, () => text('hidden'))
    server.registerTool('search_slowly', { description: 'Tells, then waits' }, async (extra) => {
      await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } })
      await new Promise<void>((resolve) => extra.signal.addEventListener('abort', () => resolve()))
      return text('ended')
    })
    server.registerResource('open', 'file:///public/readme.md', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'open' }] }))
    server.registerResource('closed', 'file:///secret/key.md', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'closed' }] }))
    server.registerPrompt('greet', {}, () => ({ messages: [] }))
    await server.connect(transport as Parameters<typeof server.connect>[0])
    return transport.handleRequest(request, response, body)
  }
}

/** No sessions, and fields that repeat the message: revision 2026-07-28, with the legacy one beside it. */
function modernV2(): Endpoint {
  const handler = toNodeHandler(createMcpHandler(() => {
    const server = new ServerV2({ name: 'tickets-v2', version: '1.0.0' })
    const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })
    server.registerTool('review_pr', { description: 'Reviews', inputSchema: z.object(REPO) }, ({ repo }) => text(`reviewed ${repo}`))
    server.registerTool('search_code', { description: 'Searches', inputSchema: z.object({ query: z.string() }) }, ({ query }) => text(`found ${query}`))
    server.registerTool('delete_repo', { description: 'Deletes', inputSchema: z.object(REPO) }, ({ repo }) => text(`deleted ${repo}`))
    server.registerTool('hidden_tool', { description: 'Hidden', inputSchema: z.object({}) }, () => text('hidden'))
    return server
  }))
  // Its own type of a request says `method` is there, as it is on every request that a server gets.
  return (request, response, body) => handler(request as Parameters<typeof handler>[0], response, body)
}
