import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSlack, type Slack } from '../../src/demo/slack/start-slack.ts'
import { fetchTrusting, StandInClock, type TrustingFetch } from '../support/standins.ts'

type Json = Record<string, unknown>

describe('the Slack stand-in', () => {
  const clock = new StandInClock()
  let slack: Slack
  let http: TrustingFetch
  let token: string

  beforeAll(async () => {
    slack = await startSlack({ clock })
    http = fetchTrusting(slack.caPem)
    token = slack.installation.bot.accessToken
  })
  afterAll(async () => {
    await http.close()
    await slack.close()
  })

  const post = async (method: string, body: unknown, headers: Record<string, string> = {}): Promise<Json> => {
    const response = await http.fetch(`${slack.origin}/api/${method}`, { method: 'POST', body: body as string, headers })
    expect(response.status).toBe(200)
    return (await response.json()) as Json
  }
  const bearer = (value = token): Record<string, string> => ({ authorization: `Bearer ${value}` })
  const form = (values: Record<string, string>): URLSearchParams => new URLSearchParams(values)
  const json = { 'content-type': 'application/json; charset=utf-8' }

  it.each([
    ['no token', 'auth.test', {}, {}, { error: 'not_authed' }],
    ['a token of nobody', 'auth.test', {}, bearer('xoxb-nope'), { error: 'invalid_auth' }],
    ['another scheme', 'auth.test', {}, { authorization: 'Basic eDp5' }, { error: 'invalid_auth' }],
    ['an unknown method', 'chat.shout', {}, 'bot', { error: 'unknown_method' }],
    ['a name that every object has', 'constructor', {}, 'bot', { error: 'unknown_method' }],
    ['no channel', 'chat.postMessage', { text: 'x' }, 'bot', { error: 'invalid_arguments' }],
    ['an unknown channel', 'chat.postMessage', { channel: 'C0NOTHING', text: 'x' }, 'bot', { error: 'channel_not_found' }],
    ['a channel of others', 'chat.postMessage', { channel: 'C0RANDOM', text: 'x' }, 'bot', { error: 'not_in_channel' }],
    ['a private channel of others', 'chat.postMessage', { channel: 'C0BOARD', text: 'x' }, 'bot', { error: 'channel_not_found' }],
    ['a name where only ids are taken', 'conversations.history', { channel: '#general' }, 'bot', { error: 'channel_not_found' }],
    ['no text', 'chat.postMessage', { channel: 'C0GENERAL' }, 'bot', { error: 'no_text' }],
    ['too long a text', 'chat.postMessage', { channel: 'C0GENERAL', text: 'x'.repeat(40_001) }, 'bot', { error: 'msg_too_long' }],
    ["somebody else's message", 'chat.update', { channel: 'C0GENERAL', ts: '1700000000.000100', text: 'x' }, 'bot', { error: 'cant_update_message' }],
    ["somebody else's message", 'chat.delete', { channel: 'C0GENERAL', ts: '1700000000.000100' }, 'bot', { error: 'cant_delete_message' }],
    ['a message that there is not', 'chat.delete', { channel: 'C0GENERAL', ts: '1.2' }, 'bot', { error: 'message_not_found' }],
    ['a person that there is not', 'users.info', { user: 'U0X' }, 'bot', { error: 'user_not_found' }],
    ['a cursor that is none', 'users.list', { cursor: 'eA==' }, 'bot', { error: 'invalid_cursor' }],
    ['a file without size', 'files.getUploadURLExternal', { filename: 'a', length: '0' }, 'bot', { error: 'invalid_arguments' }],
    ['a file list that is none', 'files.completeUploadExternal', { files: '{' }, 'bot', { error: 'invalid_arguments' }],
  ])('answers 200 and an error for %s in %s', async (_name, method, values, headers, expected) => {
    const answer = await post(method, form(values as Record<string, string>), headers === 'bot' ? bearer() : (headers as Record<string, string>))
    expect(answer).toMatchObject({ ok: false, ...expected })
  })

  it.each([
    ['application/json', '{', 'invalid_json'],
    ['application/json', '[]', 'invalid_json'],
    ['text/plain', 'channel=C0GENERAL', 'invalid_post_type'],
    ['multipart/form-data', 'x', 'invalid_form_data'],
  ])('refuses a body of %s that is %s', async (contentType, body, error) => {
    expect(await post('chat.postMessage', body, { ...bearer(), 'content-type': contentType })).toEqual({ ok: false, error })
  })

  it('takes arguments from a form, multipart, JSON and the query', async () => {
    const multipart = new FormData()
    multipart.set('channel', '#general')
    multipart.set('text', 'multipart')
    expect(await post('chat.postMessage', form({ channel: 'general', text: 'form' }), bearer())).toMatchObject({ ok: true, channel: 'C0GENERAL' })
    expect(await post('chat.postMessage', multipart, bearer())).toMatchObject({ ok: true })
    const blocks = JSON.stringify({ channel: 'C0GENERAL', blocks: [{ type: 'divider' }] })
    expect(await post('chat.postMessage', blocks, { ...bearer(), ...json })).toMatchObject({ ok: true })
    const query = await http.fetch(`${slack.origin}/api/conversations.info?channel=C0GENERAL`, { headers: bearer() })
    expect(await query.json()).toMatchObject({ ok: true, channel: { id: 'C0GENERAL' } })
  })

  it('says which scope is missing, and does nothing', async () => {
    const narrow = slack.issueBotToken(['users:read']).accessToken
    const before = slack.workspace.channels[0]?.messages.length
    expect(await post('chat.postMessage', form({ channel: 'C0GENERAL', text: 'x' }), bearer(narrow))).toEqual({
      ok: false,
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'users:read',
    })
    expect(slack.workspace.channels[0]?.messages).toHaveLength(before ?? -1)
    expect(slack.log.last?.grants).toEqual({ kind: 'bot', scopes: ['users:read'] })
  })

  it('lets a token among the arguments win over the header, so that one left there shows', async () => {
    const own = slack.installation.user.accessToken
    expect(await post('auth.test', form({ token: own }), bearer())).toMatchObject({ user: 'alice' })
    expect(slack.log.last?.credentialPlaces).toEqual(['header', 'form'])
    const query = await http.fetch(`${slack.origin}/api/auth.test?token=${own}`, { method: 'POST', headers: bearer() })
    expect(await query.json()).toMatchObject({ user: 'alice' })
    expect(slack.log.last).toMatchObject({ credentialPlaces: ['header', 'query'], queryNames: ['token'] })
  })

  it('takes no token from JSON', async () => {
    expect(await post('auth.test', JSON.stringify({ token }), json)).toEqual({ ok: false, error: 'not_authed' })
  })

  it('expires access tokens after twelve hours, and revokes by will', async () => {
    const first = slack.issueBotToken([]).accessToken
    expect(await post('auth.revoke', form({ test: '1' }), bearer(first))).toEqual({ ok: true, revoked: false })
    expect(await post('auth.revoke', form({}), bearer(first))).toEqual({ ok: true, revoked: true })
    expect(await post('auth.test', form({}), bearer(first))).toEqual({ ok: false, error: 'token_revoked' })
    const second = slack.issueBotToken([]).accessToken
    clock.advance(43_199_000)
    expect(await post('auth.test', form({}), bearer(second))).toMatchObject({ ok: true })
    clock.advance(1_000)
    expect(await post('auth.test', form({}), bearer(second))).toEqual({ ok: false, error: 'token_expired' })
    token = slack.issueBotToken(['chat:write']).accessToken
  })

  it('never gives back what it was sent', async () => {
    for (const method of ['auth.test', 'chat.shout', `x${token}`, 'chat.postMessage']) {
      const response = await http.fetch(`${slack.origin}/api/${method}?channel=${token}`, { method: 'POST', headers: bearer() })
      const shown = JSON.stringify([...response.headers]) + (await response.text())
      for (const canary of slack.canaries()) expect(shown).not.toContain(canary)
    }
  })

  it('has met with no bug of its own', () => {
    expect(slack.problems).toEqual([])
  })
})
