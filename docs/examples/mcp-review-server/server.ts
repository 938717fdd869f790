// An MCP server on the official SDK, version 1: `node server.ts`. README.md says what it needs.
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { createTokenVerifier, createTools, type AuthorizedRequest } from 'postern/mcp'
import { createPostern } from 'postern/sdk'
import { z } from 'zod'
import { listen } from './listen.ts'
import { review } from './review.ts'
import { settings } from './settings.ts'

const { resource, client } = settings
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

listen(verifier, tools, answer)
