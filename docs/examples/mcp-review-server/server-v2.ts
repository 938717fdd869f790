// The same MCP server on the official SDK, version 2: `node server-v2.ts`. README.md says what it needs.
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server'
import { createTokenVerifier, createTools } from 'postern/mcp'
import { createPostern } from 'postern/sdk'
import { z } from 'zod'
import { listen } from './listen.ts'
import { review } from './review.ts'
import { settings } from './settings.ts'

const { resource, client } = settings
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

const handler = toNodeHandler(createMcpHandler(reviewServer))
listen(verifier, tools, (request, response) => handler(request, response))
