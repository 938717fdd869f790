import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { METHODS } from '../../../src/integrations/slack/catalogue/method-rows.ts'
import { isDenial } from '../../../src/model/denial.ts'
import { called, catalogue, request } from './request.ts'

const CHANNEL = 'C0123ABCD'
const named = (...names: string[]) => ({ kind: 'named', names })
const UNRESOLVED = { kind: 'unresolved', reason: expect.any(String) }

describe('every method', () => {
  it('is one of 322, once', () => {
    expect(METHODS.size).toBe(322)
  })

  it.each([...METHODS.keys()])('%s is matched, as GET and as POST, and its body is looked at', (name) => {
    const get = catalogue.match(request(`/api/${name}`, { method: 'GET' }))
    const post = catalogue.match(request(`/api/${name}`, { contentType: 'application/json', framing: { kind: 'chunked' } }))
    expect(get).toMatchObject({ operation: { integration: 'slack', name }, inspect: undefined })
    expect(post).toMatchObject({ operation: { name }, inspect: expect.any(Function) })
  })

  it('is well-formed: known columns, scopes that look like scopes, no empty cell', () => {
    for (const method of METHODS.values()) {
      expect(method.name).toMatch(/^[a-z][A-Za-z0-9]*(\.[a-zA-Z0-9]+)+$/)
      expect(['read', 'write', 'admin']).toContain(method.access)
      expect(['bot', 'user', 'app', 'config', 'none']).toContain(method.token)
      for (const scope of method.alternatives.flat()) expect(scope).toMatch(/^[a-z_]+(\.[a-z_]+)*(:[a-z_]+(\.[a-z_]+)*)?$/)
      for (const { name } of method.channelArguments) expect(name).toMatch(/^[a-z_]+$/)
    }
  })

  it('that administers is admin, and none that changes something is read', () => {
    const changes = /\.(?:add|create|delete|update|set[A-Z]?\w*|post\w+|remove|invite|kick|archive|unarchive|open|push|publish|revoke\w*|rename|end\w*|disable|enable|approve|deny)$/
    const methods = [...METHODS.values()]
    expect(methods.filter(({ name, access }) => name.startsWith('admin.') && access !== 'admin')).toEqual([])
    expect(methods.filter(({ name, access }) => changes.test(name) && access === 'read')).toEqual([])
  })

  it('that only shows something is no write', () => {
    const shows = /\.(?:list|info|history|replies|members|get[A-Z]\w*|lookup|test)$/
    const writes = [...METHODS.values()].filter(({ name, access }) => shows.test(name) && access === 'write').map(({ name }) => name)
    // Begins an upload.
    expect(writes).toEqual(['files.getUploadURLExternal'])
  })

  it.each(['oauth.v2.access', 'oauth.v2.exchange', 'auth.revoke', 'apps.uninstall', 'apps.auth.external.get', 'rtm.connect', 'tooling.tokens.rotate', 'openid.connect.token'])(
    '%s, which makes, shows or ends credentials, can never be allowed', (name) => {
      expect(METHODS.get(name)?.alternatives).toEqual([])
    })

  it('that needs no scope has one empty alternative', () => {
    expect(METHODS.get('auth.test')?.alternatives).toEqual([[]])
    expect(METHODS.get('views.open')?.alternatives).toEqual([[]])
  })
})

describe('what is not served', () => {
  it.each([
    ['an unknown method', request('/api/chat.postmessage')],
    ['a trailing slash', request('/api/chat.postMessage/')],
    ['a path below', request('/api/chat.postMessage/x')],
    ['an encoded name', request('/api/chat%2EpostMessage')],
    ['another path', request('/services/T0/B0/secret')],
    ['the API on the upload host', request('/api/chat.postMessage', { host: 'files.slack.com' })],
    ['uploads on the API host', request('/upload/v1/abc')],
    ['another port', request('/api/chat.postMessage', { port: 8443 })],
    ['plain http', request('/api/chat.postMessage', { scheme: 'http', port: 443 })],
    ['PUT', request('/api/chat.postMessage', { method: 'PUT' })],
    ['an object property', request('/api/constructor')],
    ['GET of an upload', request('/upload/v1/abc', { host: 'files.slack.com', method: 'GET' })],
    ['a private file', request('/files-pri/T0-F0/x.png', { host: 'files.slack.com', method: 'GET' })],
  ])('%s', (_, asked) => {
    expect(catalogue.match(asked)).toMatchObject({ denial: 'operation_unknown' })
  })

  it.each([
    ['multipart', { contentType: 'multipart/form-data', framing: { kind: 'chunked' } as const }],
    ['a body without a type', { framing: { kind: 'length', bytes: 5 } as const }],
    ['text', { contentType: 'text/plain', framing: { kind: 'length', bytes: 5 } as const }],
    ['GET with a body', { method: 'GET', contentType: 'application/json', framing: { kind: 'length', bytes: 5 } as const }],
  ])('arguments in %s', (_, parts) => {
    expect(catalogue.match(request('/api/chat.postMessage', parts))).toMatchObject({ denial: 'body_refused', hint: expect.any(String) })
  })

  it('but an empty body of no type is', () => {
    expect(catalogue.match(request('/api/auth.test', { framing: { kind: 'length', bytes: 0 } }))).toMatchObject({ operation: { name: 'auth.test' } })
  })
})

describe('an upload’s bytes', () => {
  it('need files:write, name no conversation, and stream', () => {
    expect(catalogue.match(request('/upload/v1/ABC_d-9', { host: 'files.slack.com', contentType: 'multipart/form-data', framing: { kind: 'chunked' } }))).toEqual({
      operation: { integration: 'slack', name: 'files.uploadExternal', access: 'write', alternatives: [['files:write']], targets: { kind: 'none' }, parameters: {} },
      inspect: undefined,
    })
  })
})

describe('the conversations of a call', () => {
  it.each<[string, string, unknown, unknown]>([
    ['an id', 'chat.postMessage', { channel: CHANNEL, text: 'x' }, named(CHANNEL)],
    ['a name', 'chat.postMessage', { channel: '#general' }, UNRESOLVED],
    ['a bare name', 'chat.postMessage', { channel: 'general' }, UNRESOLVED],
    ['a person', 'chat.postMessage', { channel: 'U0123ABCD' }, UNRESOLVED],
    ['a lower-case id', 'chat.postMessage', { channel: 'c0123abcd' }, UNRESOLVED],
    ['an id with a space', 'chat.postMessage', { channel: ' C0123ABCD' }, UNRESOLVED],
    ['two ids in one', 'chat.postMessage', { channel: 'C0123ABCD,C0999ZZZZ' }, UNRESOLVED],
    ['a number', 'chat.postMessage', { channel: 5 }, UNRESOLVED],
    ['an array', 'chat.postMessage', { channel: [CHANNEL] }, UNRESOLVED],
    ['none where one is needed', 'chat.postMessage', { text: 'x' }, UNRESOLVED],
    ['an empty one', 'chat.postMessage', { channel: '' }, UNRESOLVED],
    ['null', 'chat.postMessage', { channel: null }, UNRESOLVED],
    ['none where none is meant', 'auth.test', {}, { kind: 'none' }],
    ['a method that reads by a file’s id', 'files.info', { file: 'F1' }, UNRESOLVED],
    ['a search', 'search.messages', { query: 'x' }, UNRESOLVED],
    ['a message that is unfurled by its link', 'chat.unfurl', { unfurl_id: 'x', source: 'composer', unfurls: {} }, UNRESOLVED],
    ['an unfurl’s id beside an id', 'chat.unfurl', { channel: CHANNEL, ts: '1.2', unfurl_id: 'x', source: 'composer' }, UNRESOLVED],
    ['a file beside an id', 'reactions.get', { channel: CHANNEL, timestamp: '1.2', file: 'F1' }, UNRESOLVED],
    ['a comment on a file beside an id', 'reactions.add', { channel: CHANNEL, name: 'eyes', file_comment: 'Fc1' }, UNRESOLVED],
    ['a remote file that is shared', 'files.remote.share', { file: 'F1', channels: CHANNEL }, named(CHANNEL)],
    ['a comma list', 'files.completeUploadExternal', { files: [], channels: 'C01AAA,C02BBB' }, named('C01AAA', 'C02BBB')],
    ['a comma list with a name', 'files.completeUploadExternal', { channels: 'C01AAA,general' }, UNRESOLVED],
    ['a list and a single one', 'files.completeUploadExternal', { channel_id: 'C09ZZZ', channels: 'C01AAA,C02BBB' }, named('C09ZZZ', 'C01AAA', 'C02BBB')],
    ['an upload that is shared nowhere', 'files.completeUploadExternal', { files: [] }, { kind: 'none' }],
    ['an array of ids', 'workflows.featured.list', { canvas_id: 'F1', channel_ids: ['C01AAA', 'C02BBB', 'C01AAA'] }, named('C01AAA', 'C02BBB')],
    ['the JSON of an array, as the SDK writes it', 'workflows.featured.list', { channel_ids: '["C01AAA","C02BBB"]' }, named('C01AAA', 'C02BBB')],
    ['an array with something else in it', 'workflows.featured.list', { channel_ids: ['C01AAA', 7] }, UNRESOLVED],
    ['broken JSON', 'workflows.featured.list', { channel_ids: '["C01AAA"' }, UNRESOLVED],
    ['an empty array', 'workflows.featured.list', { channel_ids: [] }, UNRESOLVED],
    ['too many', 'workflows.featured.list', { channel_ids: Array.from({ length: 201 }, (_, n) => `C${1000 + n}`) }, UNRESOLVED],
    ['who gets access to an item that lies elsewhere', 'canvases.access.set', { canvas_id: 'F1', channel_ids: [CHANNEL] }, UNRESOLVED],
    ['people to open a conversation with', 'conversations.open', { users: 'U1,U2' }, UNRESOLVED],
    ['people beside an id', 'conversations.open', { channel: CHANNEL, users: 'U1' }, UNRESOLVED],
    ['a conversation to open', 'conversations.open', { channel: 'D0123ABCD' }, named('D0123ABCD')],
  ])('%s (%s)', (_, method, value, targets) => {
    expect(called(method, value)).toMatchObject({ name: method, targets })
  })

  it('are read from a query and a form as from JSON', () => {
    expect(catalogue.match(request('/api/conversations.history', { method: 'GET', query: `channel=${CHANNEL}&limit=5` })))
      .toMatchObject({ operation: { targets: named(CHANNEL), access: 'read' } })
    expect(called('conversations.history', { limit: '5' }, { as: 'form', query: `channel=${CHANNEL}` })).toMatchObject({ targets: named(CHANNEL) })
    expect(called('conversations.history', { channel: CHANNEL }, { as: 'form' })).toMatchObject({ targets: named(CHANNEL) })
  })

  it.each([
    ['the same argument in query and body', 'channel=C01AAA', { channel: 'C02BBB' }],
    ['an argument as an array of one', undefined, { channel: 'C01AAA', 'channel[]': 'C02BBB' }],
    ['an argument with an index', undefined, { channel: 'C01AAA', 'channel[0]': 'C02BBB' }],
    ['an argument in another case', 'Channel=C02BBB', { channel: 'C01AAA' }],
    ['an argument with a space before it', undefined, { channel: 'C01AAA', ' channel': 'C02BBB' }],
    ['an argument with a dot for an underscore', undefined, { 'channel.id': 'C02BBB' }],
    ['a JSON array', undefined, [{ channel: 'C01AAA' }]],
    ['a JSON string', undefined, 'channel'],
    ['JSON null', undefined, null],
  ])('are refused where %s could be read in two ways', (_, query, value) => {
    expect(called('chat.postMessage', value, { query, as: 'form' })).toMatchObject({ denial: 'body_refused' })
  })

  it.each(['channel=C01AAA&channel=C02BBB', 'channel=C01AAA&channel%5B%5D=C02BBB', 'channel=C01AAA&+channel=C02BBB', 'channel=%ff'])(
    'are refused in the query %s', (query) => {
      expect(catalogue.match(request('/api/conversations.history', { method: 'GET', query }))).toMatchObject({ denial: 'request_ambiguous' })
    })

  it('never tells what it refused', () => {
    const refused = called('chat.postMessage', { 'canary[]': 'canary' })
    expect(JSON.stringify(refused)).not.toContain('canary')
  })

  it('are exactly the ids given, or unresolved, whatever is given', () => {
    const argument = fc.oneof(fc.string(), fc.constant(CHANNEL), fc.stringMatching(/^[CGDUW#][A-Z0-9]{0,12}$/), fc.jsonValue())
    fc.assert(fc.property(argument, fc.constantFrom('chat.postMessage', 'files.completeUploadExternal', 'workflows.featured.list'), (value, method) => {
      const name = METHODS.get(method)?.channelArguments[0]?.name ?? ''
      const operation = called(method, { [name]: value })
      if (isDenial(operation)) throw new TypeError(operation.detail)
      if (operation.targets.kind !== 'named') return
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      for (const id of operation.targets.names) {
        expect(id).toMatch(/^[CGD][A-Z0-9]{2,31}$/)
        expect(text).toContain(id)
      }
    }))
  })
})

describe('the scopes of a call', () => {
  it.each<[string, string, unknown, readonly (readonly string[])[]]>([
    ['a message', 'chat.postMessage', { channel: CHANNEL }, [['chat:write']]],
    ['a message under another name', 'chat.postMessage', { channel: CHANNEL, username: 'The CEO' }, [['chat:write', 'chat:write.customize']]],
    ['a message with another face', 'chat.postMessage', { channel: CHANNEL, icon_url: 'https://x.test' }, [['chat:write', 'chat:write.customize']]],
    ['a channel’s history', 'conversations.history', { channel: 'C01AAA' }, [['channels:history'], ['groups:history'], ['mpim:history']]],
    ['a group’s history', 'conversations.history', { channel: 'G01AAA' }, [['groups:history'], ['mpim:history']]],
    ['a direct message’s history', 'conversations.history', { channel: 'D01AAA' }, [['im:history']]],
    ['a direct message to archive', 'conversations.archive', { channel: 'D01AAA' }, [['im:write']]],
    ['a direct message to join', 'conversations.join', { channel: 'D01AAA' }, [['channels:join']]],
    ['a list of channels', 'conversations.list', {}, [['channels:read']]],
    ['a list with private ones', 'conversations.list', { types: 'public_channel,private_channel' }, [['channels:read', 'groups:read']]],
    ['a list of direct messages', 'users.conversations', { types: 'im' }, [['im:read']]],
    ['a list of kinds that nobody knows', 'conversations.list', { types: 'public_channel, im' }, [['channels:read', 'groups:read', 'mpim:read', 'im:read']]],
    ['a list of a kind that is an object', 'conversations.list', { types: [{ toString: 'im' }] }, [['channels:read', 'groups:read', 'mpim:read', 'im:read']]],
    ['a list of a kind named like an object’s property', 'conversations.list', { types: 'constructor' }, [['channels:read', 'groups:read', 'mpim:read', 'im:read']]],
    ['a new channel', 'conversations.create', { name: 'x' }, [['channels:manage']]],
    ['a new private channel', 'conversations.create', { name: 'x', is_private: true }, [['groups:write']]],
    ['a new private channel by form', 'conversations.create', { name: 'x', is_private: '1' }, [['groups:write']]],
    ['a search', 'assistant.search.context', { query: 'x' }, [['search:read.public']]],
    ['a search of direct messages and files', 'assistant.search.context', { query: 'x', channel_types: ['im'], content_types: 'files' }, [['search:read.im', 'search:read.files']]],
    ['people to talk to', 'conversations.open', { users: 'U1' }, [['im:write'], ['mpim:write']]],
    ['a method for people’s tokens', 'search.messages', { query: 'x' }, [['search:read']]],
  ])('%s', (_, method, value, alternatives) => {
    expect(called(method, value)).toMatchObject({ alternatives })
  })
})
