import { readFile } from 'node:fs/promises'
import { ProtocolError } from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpError } from '@modelcontextprotocol/sdk/types.js'
import { fetch as fetchBy, ProxyAgent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { findCanaries } from '../support/canary.ts'
import { operatorPlaces } from '../support/visible.ts'
import { mcpHost } from './mcp-server.ts'
import { startMcpWorld, type McpWorld } from './mcp-world.ts'

let mcp: McpWorld
beforeAll(async () => { mcp = await startMcpWorld() })
afterAll(() => mcp.close())

const REVIEW = { name: 'review_pr', arguments: { repo: 'acme/backend', number: 7 } }

describe('an official client of SDK v1 at a server of SDK v1', () => {
  it('calls what is allowed, and the upstream’s credential is on it', async () => {
    const { client } = await mcp.v1('mcp-v1')
    expect(await client.callTool(REVIEW)).toMatchObject({ content: [{ text: 'reviewed acme/backend' }] })
    expect(mcp.upstream.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${mcp.upstream.secret}`)
  })

  it('sees the tools that could be allowed, and no other', async () => {
    const { client } = await mcp.v1('mcp-v1')
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['review_pr', 'search_code', 'search_slowly'])
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(['file:///public/readme.md'])
    expect((await client.listPrompts()).prompts).toEqual([])
  })

  it.each([
    ['a tool that no rule allows', { name: 'hidden_tool', arguments: {} }, 'policy_denied'],
    ['arguments that the rule does not allow', { name: 'review_pr', arguments: { repo: 'acme/payroll' } }, 'policy_denied'],
    ['a tool that administers', { name: 'delete_repo', arguments: { repo: 'acme/backend' } }, 'policy_denied'],
  ])('is told of %s by a typed error', async (_what, call, code) => {
    const { client } = await mcp.v1('mcp-v1')
    const before = mcp.upstream.requests.length
    const refused = await client.callTool(call).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(McpError)
    expect(refused).toMatchObject({ code: -31_403, data: { postern: { code, layer: 'agent_permissions', decision: expect.stringMatching(/^dec_/) } } })
    expect(mcp.upstream.requests.length).toBe(before)
  })

  it('is told what the person did not approve', async () => {
    const { client } = await mcp.v1('mcp-v1', await mcp.token({ consent: [{ integration: 'mcp-v1', scopes: ['tools:read'], targets: ['search_*'] }] }))
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['search_code', 'search_slowly'])
    await expect(client.callTool(REVIEW)).rejects.toMatchObject({ data: { postern: { code: 'consent_required', missing_scopes: ['tools:call'] } } })
  })

  it('gets an answer that streams while the tool still works, and is cut off when its delegation is revoked', async () => {
    const delegation = newId('dlg')
    const bearer = await mcp.token({ delegation })
    const { client, transport } = await mcp.v1('mcp-v1', bearer)
    const headers = { 'mcp-session-id': transport.sessionId ?? '', 'mcp-protocol-version': '2025-06-18' }
    const response = await mcp.post('mcp-v1', { jsonrpc: '2.0', id: 'slow', method: 'tools/call', params: { name: 'search_slowly', arguments: {} } }, headers, bearer)
    const reader = response.body?.getReader()
    let text = ''
    for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
      text += Buffer.from(read.value).toString()
      if (text.includes('begun')) break
    }
    expect(text).toContain('begun')
    await mcp.world.editConfig((config) => `${config}revoked: { delegations: ["${delegation}"] }\n`)
    const rest = await reader?.read().then(({ done }) => (done ? 'ended' : 'more'), () => 'cut')
    expect(rest).toBe('cut')
    await expect(client.callTool(REVIEW)).rejects.toMatchObject({ code: 403, message: expect.stringContaining('delegation_revoked') })
  })
})

describe.each([['legacy', 'mcp-v1'], ['auto', 'mcp-v2'], ['legacy', 'mcp-v2']] as const)('an official client of SDK v2, %s, at %s', (mode, integration) => {
  it('calls what is allowed, sees just that, and is told of the rest by a typed error', async () => {
    const client = await mcp.v2(integration, undefined, mode)
    expect((await client.listTools()).tools.map(({ name }) => name).filter((name) => name !== 'search_slowly')).toEqual(['review_pr', 'search_code'])
    expect(await client.callTool(REVIEW)).toMatchObject({ content: [{ text: 'reviewed acme/backend' }] })
    expect(await client.callTool({ name: 'search_code', arguments: { query: 'x' } })).toMatchObject({ content: [{ text: 'found x' }] })
    const refused = await client.callTool({ name: 'hidden_tool', arguments: {} }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ProtocolError)
    expect(refused).toMatchObject({ code: -31_403, data: { postern: { code: 'policy_denied' } } })
    await expect(client.callTool({ ...REVIEW, arguments: { repo: 'acme/payroll' } })).rejects.toMatchObject({ code: -31_403 })
  })
})

it('works by HTTPS_PROXY, at the server’s own URL, through the same checks', async () => {
  const { world } = mcp
  const proxy = new ProxyAgent({ uri: `http://127.0.0.1:${world.port}`, token: `Bearer ${await mcp.token()}`, requestTls: { ca: await readFile(world.bundle, 'utf8') } })
  const client = new Client({ name: 'agent', version: '1.0.0' })
  const proxied = (url: string | URL, init?: RequestInit): Promise<Response> => fetchBy(url, { ...init, dispatcher: proxy } as object) as unknown as Promise<Response>
  await client.connect(new StreamableHTTPClientTransport(new URL(`https://${mcpHost('mcp-v1')}/mcp`), { fetch: proxied }) as Parameters<typeof client.connect>[0])
  expect((await client.listTools()).tools).toHaveLength(3)
  expect(await client.callTool(REVIEW)).toMatchObject({ content: [{ text: 'reviewed acme/backend' }] })
  await expect(client.callTool({ name: 'hidden_tool' })).rejects.toMatchObject({ code: -31_403, data: { postern: { code: 'policy_denied' } } })
  await client.close()
  await proxy.destroy()
})

it('speaks the newest revision with a server that has it, its routing fields and all', async () => {
  const client = await mcp.v2('mcp-v2')
  await client.callTool(REVIEW)
  expect(mcp.upstream.requests.at(-1)?.headers).toMatchObject({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'review_pr' })
})

it('names the tool in the audit, whether it was called or not', async () => {
  const { client } = await mcp.v1('mcp-v1')
  await client.callTool(REVIEW)
  await client.callTool({ name: 'hidden_tool', arguments: {} }).catch(() => undefined)
  const records = (await mcp.world.records()).filter(({ integration }) => integration === 'mcp-v1')
  expect(records.findLast(({ event }) => event === 'api.call')).toMatchObject({
    operation: 'tools/call review_pr', target: 'review_pr', access: 'write', scopes: ['tools:call'], rule: 'pr-reviewer/mcp-review', http: { method: 'POST', path: '/mcp' },
  })
  expect(records.findLast(({ event }) => event === 'api.denied')).toMatchObject({ operation: 'tools/call hidden_tool', target: 'hidden_tool', code: 'policy_denied' })
})

it('shows the upstream’s credential to nobody', async () => {
  expect(mcp.upstream.requests.length).toBeGreaterThan(10)
  expect(mcp.seen()).toContain('reviewed acme/backend')
  const places = [{ name: 'what clients were sent', bytes: mcp.seen() }, ...(await operatorPlaces(mcp.world))]
  expect(findCanaries(places, [{ name: 'the MCP server’s key', value: mcp.upstream.secret }])).toEqual([])
})
