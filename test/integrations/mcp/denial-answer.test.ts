import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2, UrlElicitationRequiredError as UrlErrorV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { UrlElicitationRequiredError as UrlErrorV1 } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DenialView } from '../../../src/integrations/integration.ts'
import { mcpDenialAnswer } from '../../../src/integrations/mcp/denial-answer.ts'

const view = (over: Partial<DenialView> = {}): DenialView => ({
  code: 'policy_denied', status: 403, title: 'Policy does not allow this request.', hint: undefined, layer: 'org_policy', rule: 'org/no', decisionId: 'dec_1',
  missingScopes: [], link: undefined, retryAfterSeconds: undefined, ...over,
})
const CONSENT = view({ code: 'consent_required', hint: 'They can approve it.', link: 'https://postern.acme.com/more/abc', missingScopes: ['tools:call'] })
const asked = { jsonrpc: '2.0', id: 'a', method: 'tools/call', params: {} }

describe('a refusal to an MCP client', () => {
  it.each<[string, DenialView, unknown, number, object]>([
    ['of policy', view(), asked, 200, { id: 'a', error: { code: -31_403, data: { postern: { code: 'policy_denied', layer: 'org_policy', rule: 'org/no', decision: 'dec_1' } } } }],
    ['of a message that is none', view({ code: 'body_refused', status: 400 }), undefined, 400, { id: null, error: { code: -32_600 } }],
    ['of an unknown method', view({ code: 'operation_unknown' }), asked, 200, { id: 'a', error: { code: -32_601 } }],
    ['of fields that tell something else', view({ code: 'request_ambiguous', status: 400 }), asked, 200, { error: { code: -32_020 } }],
    ['of a notification', view(), { jsonrpc: '2.0', method: 'notifications/initialized' }, 403, { id: null }],
    ['of an answer of the client’s own', view(), { jsonrpc: '2.0', id: 4, result: {} }, 403, { id: null }],
    ['of a session, by the status that has clients begin another', view({ code: 'upstream_session_unknown', status: 404 }), asked, 404, { id: 'a' }],
    ['by what broke', view({ code: 'upstream_broken', status: 502 }), asked, 200, { error: { code: -32_603 } }],
    ['that passes', view({ code: 'rate_limited', status: 429, retryAfterSeconds: 9 }), asked, 200, { error: { data: { postern: { retry_after: 9 } } } }],
    ['that a person can mend', CONSENT, asked, 200, { error: { code: -32_042, data: { elicitations: [{ mode: 'url', url: CONSENT.link, elicitationId: 'dec_1' }], postern: { missing_scopes: ['tools:call'] } } } }],
  ])('%s has the form and the status that it shows', (_what, denied, body, status, told) => {
    const answer = mcpDenialAnswer(denied, body)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({ jsonrpc: '2.0', ...told })
  })

  it('asks for the agent’s own identity as HTTP does', () => {
    const answer = mcpDenialAnswer(view({ code: 'identity_required', status: 401 }), undefined)
    expect([answer.status, answer.headers.includes('WWW-Authenticate')]).toEqual([401, true])
  })
})

describe('a link where a person can consent', () => {
  let server: Server
  let url: URL
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => void chunks.push(chunk)).on('end', () => {
        const message = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { id?: unknown, method?: string }
        if (message.method === 'tools/call') {
          const { status, headers, body } = mcpDenialAnswer(CONSENT, message)
          return response.writeHead(status, [...headers]).end(body)
        }
        if (message.method !== 'initialize') return response.writeHead(message.method === undefined ? 405 : 202).end()
        const result = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
        return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`)
  })
  afterAll(() => server.closeAllConnections())
  const link = { elicitations: [{ mode: 'url', url: CONSENT.link, message: 'They can approve it.' }] }

  it('reaches whoever uses SDK v1 as its own error', async () => {
    const client = new ClientV1({ name: 'agent', version: '1' })
    await client.connect(new TransportV1(url) as Parameters<typeof client.connect>[0])
    const refused = await client.callTool({ name: 'x' }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(UrlErrorV1)
    expect(refused).toMatchObject(link)
    await client.close()
  })

  it('reaches whoever uses SDK v2 as its own error', async () => {
    const client = new ClientV2({ name: 'agent', version: '1' })
    await client.connect(new TransportV2(url))
    const refused = await client.callTool({ name: 'x' }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(UrlErrorV2)
    expect(refused).toMatchObject(link)
    await client.close()
  })
})
