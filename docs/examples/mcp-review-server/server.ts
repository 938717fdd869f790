// An MCP server on the official SDK, version 1: `node server.ts`. README.md says what it needs.
import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { createTokenVerifier, createTools, protectedResourceMetadata, requireToken, type AuthorizedRequest } from 'postern/mcp'
import { createPostern } from 'postern/sdk'
import { z } from 'zod'
import { review } from './review.ts'
import { settings } from './settings.ts'

const { resource, client, scopes } = settings
const server = (): McpServer => new McpServer({ name: 'review-tools', version: '1.0.0' })
const clientsOf = new Map<string, McpServer>()

const verifier = createTokenVerifier({ ...client, resource })
const tools = createTools({
  postern: createPostern(client),
  UrlElicitationRequiredError,
  clientCapabilities: (context) => clientsOf.get((context as { sessionId?: string }).sessionId ?? '')?.server.getClientCapabilities(),
})

function reviewServer(): McpServer {
  const mcp = server()
  mcp.registerTool('review_pr', {
    description: 'Reads a pull request and posts a review of it',
    inputSchema: { repo: z.string(), pr: z.number().int() },
  }, tools.tool(async ({ repo, pr }, { authInfo }) => {
    const github = await tools.require('github', authInfo?.token ?? '', { target: repo })
    return { content: [{ type: 'text', text: await review(github, { repo, pr }) }] }
  }))
  return mcp
}

/** One conversation with one client, in one run of an agent for one person. */
interface Conversation {
  readonly transport: StreamableHTTPServerTransport
  readonly run: string
}
const conversations = new Map<string, Conversation>()

async function answer(request: AuthorizedRequest, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id']
  const run = request.auth?.extra.session ?? ''
  const known = typeof id === 'string' ? conversations.get(id) : undefined
  // A conversation's id is no secret: whoever continues it has to be the same run.
  if (known?.run === run) return known.transport.handleRequest(request, response)
  if (id !== undefined) return void response.writeHead(404).end()
  const mcp = reviewServer()
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized(session) {
      conversations.set(session, { transport, run })
      clientsOf.set(session, mcp)
    },
    onsessionclosed: forget,
  })
  await mcp.connect(transport)
  await transport.handleRequest(request, response)
}

function forget(session: string): void {
  conversations.delete(session)
  clientsOf.delete(session)
}

const describe = protectedResourceMetadata({ resource, authorityUrl: client.authorityUrl, scopes, name: 'Review tools' })
const authenticate = requireToken({ verifier, scopes, renewals: tools.renewals, onError: (error) => { console.error(error) } })
const { hostname, port, pathname } = new URL(resource)

createServer((request, response) => {
  describe(request, response, () => {
    if (request.url?.split('?')[0] !== pathname) return response.writeHead(404).end()
    authenticate(request, response, (broken) => {
      if (broken !== undefined) return response.writeHead(500).end()
      answer(request, response).catch((error: unknown) => {
        console.error(error)
        if (!response.headersSent) response.writeHead(500).end()
      })
    })
  })
}).listen(Number(port), hostname, () => { console.log(`review-tools listens at ${resource}`) })
