// The same MCP server on the official SDK, version 2: `node server-v2.ts`. README.md says what it needs.
import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server'
import { createTokenVerifier, createTools, protectedResourceMetadata, requireToken } from 'postern/mcp'
import { createPostern } from 'postern/sdk'
import { z } from 'zod'
import { review } from './review.ts'
import { settings } from './settings.ts'

const { resource, client, scopes } = settings
const verifier = createTokenVerifier({ ...client, resource })
const tools = createTools({ postern: createPostern(client), inputRequired })

function reviewServer(): McpServer {
  const mcp = new McpServer({ name: 'review-tools', version: '2.0.0' })
  mcp.registerTool('review_pr', {
    description: 'Reads a pull request and posts a review of it',
    inputSchema: z.object({ repo: z.string(), pr: z.number().int() }),
  }, tools.tool(async ({ repo, pr }, { http }) => {
    const github = await tools.require('github', http?.authInfo?.token ?? '', { target: repo })
    return { content: [{ type: 'text' as const, text: await review(github, { repo, pr }) }] }
  }))
  return mcp
}

const describe = protectedResourceMetadata({ resource, authorityUrl: client.authorityUrl, scopes, name: 'Review tools' })
const authenticate = requireToken({ verifier, scopes, renewals: tools.renewals, onError: (error) => { console.error(error) } })
const handler = toNodeHandler(createMcpHandler(reviewServer))
const { hostname, port, pathname } = new URL(resource)

createServer((request, response) => {
  describe(request, response, () => {
    if (request.url?.split('?')[0] !== pathname) return response.writeHead(404).end()
    authenticate(request, response, (broken) => {
      if (broken !== undefined) return response.writeHead(500).end()
      handler(request, response).catch((error: unknown) => {
        console.error(error)
        if (!response.headersSent) response.writeHead(500).end()
      })
    })
  })
}).listen(Number(port), hostname, () => { console.log(`review-tools listens at ${resource}`) })
