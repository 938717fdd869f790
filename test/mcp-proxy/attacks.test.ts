import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { startMcpWorld, type McpWorld } from './mcp-world.ts'

let mcp: McpWorld
beforeAll(async () => { mcp = await startMcpWorld('relaxed') })
afterAll(() => mcp.close())

const call = (name: string, over: object = {}): object =>
  ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: { repo: 'acme/backend' } }, ...over })

/** What the client is told, and that nothing reached the server. */
async function refused(message: unknown, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const before = mcp.upstream.requests.length
  const response = await mcp.post('mcp-raw', message, headers)
  const answer = JSON.parse(await response.text()) as { id: unknown, error: { data: { postern: { code: unknown } } } }
  expect(mcp.upstream.requests.length, 'a request reached the server').toBe(before)
  return { status: response.status, id: answer.id, code: answer.error.data.postern.code }
}

describe('what a message could hide', () => {
  beforeEach(() => {
    mcp.upstream.raw = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{}}')
  })

  it('lets the plain call through', async () => {
    expect(await (await mcp.post('mcp-raw', call('review_pr'))).json()).toMatchObject({ result: {} })
  })

  it.each<[string, unknown, object]>([
    ['a batch', [call('review_pr'), call('hidden_tool')], { status: 400, id: null, code: 'body_refused' }],
    ['method twice', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"hidden_tool"}}', { status: 400, id: null, code: 'body_refused' }],
    ['an escaped second method', '{"jsonrpc":"2.0","id":1,"method":"ping","m\\u0065thod":"tools/call"}', { status: 400, id: null, code: 'body_refused' }],
    ['method in another case', { jsonrpc: '2.0', id: 1, method: 'ping', Method: 'tools/call' }, { status: 200, id: 1, code: 'body_refused' }],
    ['the tool’s name in another case', call('review_pr', { params: { name: 'review_pr', Name: 'hidden_tool', arguments: { repo: 'acme/backend' } } }), { status: 200, id: 1, code: 'body_refused' }],
    ['the arguments in another case alone', call('review_pr', { params: { name: 'review_pr', Arguments: { repo: 'acme/payroll' } } }), { status: 200, id: 1, code: 'body_refused' }],
    ['an argument in another case', call('review_pr', { params: { name: 'review_pr', arguments: { repo: 'acme/backend', REPO: 'acme/payroll' } } }), { status: 200, id: 1, code: 'body_refused' }],
    ['an argument by the long s', call('review_pr', { params: { name: 'review_pr', arguments: { repo: 'acme/backend', s: 1, 'ſ': 2 } } }), { status: 200, id: 1, code: 'body_refused' }],
    ['a name with a look-alike', call('revіew_pr'), { status: 200, id: 1, code: 'body_refused' }],
    ['a name with a zero-width character', call('review_pr​'), { status: 200, id: 1, code: 'body_refused' }],
    ['a name in full-width letters', call('review_ｐｒ'), { status: 200, id: 1, code: 'body_refused' }],
    ['a name with a glob’s star', call('review_*'), { status: 200, id: 1, code: 'body_refused' }],
    ['a name that is a list', call('x', { params: { name: ['review_pr'] } }), { status: 200, id: 1, code: 'body_refused' }],
    ['an id that is null', call('review_pr', { id: null }), { status: 400, id: null, code: 'body_refused' }],
    ['an id that is an object', call('review_pr', { id: {} }), { status: 400, id: null, code: 'body_refused' }],
    ['an id that no number holds', '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', { status: 400, id: null, code: 'body_refused' }],
    ['another version of JSON-RPC', call('review_pr', { jsonrpc: '1.0' }), { status: 200, id: 1, code: 'body_refused' }],
    ['a method that MCP does not know', { jsonrpc: '2.0', id: 1, method: 'tools/run' }, { status: 200, id: 1, code: 'operation_unknown' }],
    ['a method that only servers call', { jsonrpc: '2.0', id: 1, method: 'sampling/createMessage' }, { status: 200, id: 1, code: 'operation_unknown' }],
    ['a tool call without an id', { jsonrpc: '2.0', method: 'tools/call', params: { name: 'review_pr' } }, { status: 403, id: null, code: 'operation_unknown' }],
    ['both a call and an answer', call('review_pr', { result: {} }), { status: 200, id: 1, code: 'body_refused' }],
    ['no message at all', '"tools/call"', { status: 400, id: null, code: 'body_refused' }],
    ['a subscription to a resource that no rule allows', { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions: ['file:///public/readme.md', 'https://payroll.internal/salaries'] } } }, { status: 200, id: 1, code: 'policy_denied' }],
    ['a subscription to a resource whose URI is none', { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions: [7] } } }, { status: 200, id: 1, code: 'policy_denied' }],
    ['subscriptions that are no list', { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions: 'file:///public/readme.md' } } }, { status: 200, id: 1, code: 'body_refused' }],
    ['subscriptions in another case alone', { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: { ResourceSubscriptions: ['https://payroll.internal/salaries'] } } }, { status: 200, id: 1, code: 'body_refused' }],
    ['a tool that no rule allows', call('hidden_tool'), { status: 200, id: 1, code: 'policy_denied' }],
    ['a template’s path out of what is allowed', { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'file:///public/../secret/key.md' } }, { status: 200, id: 1, code: 'policy_denied' }],
  ])('refuses %s', async (_what, message, told) => {
    expect(await refused(message)).toEqual(told)
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['Mcp-Method', { 'mcp-method': 'tools/list' }],
    ['Mcp-Name', { 'mcp-name': 'search_code' }],
    ['an encoded Mcp-Name', { 'mcp-name': `=?base64?${Buffer.from('search_code').toString('base64')}?=` }],
    ['Mcp-Param', { 'mcp-param-repo': 'acme/payroll' }],
  ])('refuses a message of which %s tells something else', async (_what, headers) => {
    expect(await refused(call('review_pr'), headers)).toEqual({ status: 200, id: 1, code: 'request_ambiguous' })
  })

  it('refuses a version of which header and body disagree', async () => {
    const params = { name: 'review_pr', arguments: { repo: 'acme/backend' }, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }
    expect(await refused(call('review_pr', { params }), { 'mcp-protocol-version': '2025-06-18' })).toMatchObject({ code: 'request_ambiguous' })
  })

  it('takes the name of no field for more than a name', async () => {
    expect((await mcp.post('mcp-raw', call('review_pr'), { constructor: 'x', 'to-string': 'y' })).status).toBe(200)
  })

  it('accepts fields that tell the same, encoded or not', async () => {
    const headers = { 'mcp-method': 'tools/call', 'mcp-name': `=?base64?${Buffer.from('review_pr').toString('base64')}?=`, 'mcp-param-repo': 'acme/backend' }
    expect((await mcp.post('mcp-raw', call('review_pr'), headers)).status).toBe(200)
    expect(mcp.upstream.requests.at(-1)?.headers['mcp-param-repo']).toBe('acme/backend')
  })
})

describe('an upstream’s session', () => {
  it('is good for the principal alone to whom it was given, and for nobody once it was ended', async () => {
    const own = await mcp.token({ delegation: newId('dlg') })
    const { client, transport } = await mcp.v1('mcp-v1', own)
    const headers = { 'mcp-session-id': transport.sessionId ?? '' }
    const ping = { jsonrpc: '2.0', id: 5, method: 'ping' }
    expect((await mcp.post('mcp-v1', ping, headers, own)).status).toBe(200)
    const before = mcp.upstream.requests.length
    const stolen = await mcp.post('mcp-v1', ping, headers, await mcp.token({ delegation: newId('dlg') }))
    expect(stolen.status).toBe(404)
    expect(await stolen.json()).toMatchObject({ id: 5, error: { data: { postern: { code: 'upstream_session_unknown' } } } })
    expect((await mcp.post('mcp-v1', ping, { 'mcp-session-id': 'guessed' }, own)).status).toBe(404)
    expect(mcp.upstream.requests.length).toBe(before)
    await transport.terminateSession()
    await client.close()
    expect((await mcp.post('mcp-v1', ping, headers, own)).status).toBe(404)
  })

  it('that the upstream gives out a second time reaches nobody', async () => {
    mcp.upstream.raw = (_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'the-same' }).end('{"jsonrpc":"2.0","id":1,"result":{}}')
    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }
    expect(await (await mcp.post('mcp-raw', initialize)).json()).toMatchObject({ result: {} })
    const second = await mcp.post('mcp-raw', initialize, {}, await mcp.token({ delegation: newId('dlg') }))
    expect(second.headers.get('mcp-session-id')).toBeNull()
    expect(await second.json()).toMatchObject({ error: { data: { postern: { code: 'upstream_broken' } } } })
  })
})

describe('a list that cannot be filtered', () => {
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  const hidden = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"hidden_tool"}]}}'
  const json = { 'content-type': 'application/json' }

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['is too large', json, `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"hidden_tool","description":"${'x'.repeat(1_100_000)}"}]}}`],
    ['is no JSON', json, `${hidden},`],
    ['has its tools twice', json, '{"jsonrpc":"2.0","id":1,"result":{"tools":[],"tools":[{"name":"hidden_tool"}]}}'],
    ['has something else for its tools', json, '{"jsonrpc":"2.0","id":1,"result":{"tools":{"hidden_tool":1}}}'],
    ['is no UTF-8', json, hidden],
    ['is coded all the same', { ...json, 'content-encoding': 'gzip' }, hidden],
    ['is of another type', { 'content-type': 'text/plain' }, hidden],
  ])('reaches nobody where it %s', async (what, headers, text) => {
    mcp.upstream.raw = (_request, response) => response.writeHead(200, headers).end(what === 'is no UTF-8' ? Buffer.concat([Buffer.from([0xff]), Buffer.from(text)]) : text)
    const told = await (await mcp.post('mcp-raw', list)).text().catch(() => 'cut')
    expect(told).not.toContain('hidden_tool')
    expect(mcp.upstream.requests.at(-1)?.headers['accept-encoding']).toBe('identity')
  })

  it.each<[string, string]>([
    ['a part of it that reads as a message', '{"name":"hidden_tool"}'],
    ['a part of it that reads as a comment of a stream', ':[{"name":"hidden_tool"}]\n'],
  ])('reaches nobody as %s, which a client asks for by Range', async (_what, part) => {
    const type = part.startsWith(':') ? 'text/event-stream' : 'application/json'
    mcp.upstream.raw = (_request, response) => response.writeHead(206, { 'content-type': type, 'content-range': 'bytes 36-57/99' }).end(part)
    const told = await (await mcp.post('mcp-raw', list, { range: 'bytes=36-57' })).text().catch(() => 'cut')
    expect(told).not.toContain('hidden_tool')
  })

  it('is cut where an event of a stream is too large', async () => {
    mcp.upstream.raw = (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${hidden.replace('hidden_tool', 'hidden_tool'.repeat(100_000))}\n\n`)
    expect(await (await mcp.post('mcp-raw', list)).text().catch(() => 'cut')).toBe('cut')
  })

  it('is filtered on the server’s stream, too, where an answer that was broken off comes again', async () => {
    mcp.upstream.raw = (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' })
      .end(`id: 7\ndata: ${hidden.replace('[', '[{"name":"review_pr"},')}\n\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n`)
    const response = await fetch(mcp.url('mcp-raw'), { headers: { authorization: `Bearer ${await mcp.token()}`, accept: 'text/event-stream', 'last-event-id': '3' } })
    expect(await response.text()).toBe('id: 7\ndata: {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"review_pr"}]}}\n\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n')
  })
})

it('cuts a stream that is filtered when its delegation is revoked, and passes each event at once until then', async () => {
  const delegation = newId('dlg')
  mcp.upstream.raw = (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\ndata: {"jsonrpc"')
  const response = await fetch(mcp.url('mcp-raw'), { headers: { authorization: `Bearer ${await mcp.token({ delegation })}`, accept: 'text/event-stream' } })
  const reader = response.body?.getReader()
  const first = await reader?.read()
  expect(Buffer.from(first?.value ?? []).toString()).toBe('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n')
  await mcp.world.editConfig((config) => `${config}revoked: { delegations: ["${delegation}"] }\n`)
  expect(await reader?.read().then(({ done }) => (done ? 'ended' : 'more'), () => 'cut')).toBe('cut')
  expect(await mcp.world.recorded(({ operation, outcome }) => operation === 'stream/open' && outcome === 'revoked')).toMatchObject({ event: 'api.call', integration: 'mcp-raw' })
})

it('knows no other path, no query and no other method at the endpoint', async () => {
  const headers = { authorization: `Bearer ${await mcp.token()}` }
  const at = async (path: string, method = 'GET'): Promise<number> => (await fetch(`${mcp.url('mcp-raw').href}${path}`, { method, headers })).status
  expect([await at('/admin'), await at('/mcp?x=1'), await at('/mcp/'), await at('/mcp', 'PUT')]).toEqual([403, 400, 403, 405])
})
