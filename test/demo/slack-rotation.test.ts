import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSlack, type Slack } from '../../src/demo/slack/start-slack.ts'
import { fetchTrusting, type TrustingFetch } from '../support/standins.ts'

type Json = Record<string, unknown>

describe("the Slack stand-in's token rotation", () => {
  let slack: Slack
  let http: TrustingFetch

  beforeAll(async () => {
    slack = await startSlack()
    http = fetchTrusting(slack.caPem)
  })
  afterAll(async () => {
    await http.close()
    await slack.close()
  })

  const ask = async (values: Record<string, string>, method = 'oauth.v2.access', headers: Record<string, string> = {}): Promise<Json> => {
    const response = await http.fetch(`${slack.origin}/api/${method}`, { method: 'POST', body: new URLSearchParams(values), headers })
    return (await response.json()) as Json
  }
  const proof = (): Record<string, string> => ({ client_id: slack.client.id, client_secret: slack.client.secret })
  const rotate = (refreshToken: unknown): Promise<Json> => ask({ ...proof(), grant_type: 'refresh_token', refresh_token: String(refreshToken) })
  const test = (token: unknown): Promise<Json> => ask({}, 'auth.test', { authorization: `Bearer ${String(token)}` })

  it('replaces both tokens, in the shapes of rotating ones', async () => {
    const answer = await rotate(slack.issueBotToken(['chat:write']).refreshToken)
    expect(answer).toMatchObject({ ok: true, token_type: 'bot', expires_in: 43_200, bot_user_id: 'U0POSTERN', enterprise: null })
    expect(answer['access_token']).toMatch(/^xoxe\.xoxb-1-\w{140,}$/)
    expect(answer['refresh_token']).toMatch(/^xoxe-1-\w{140,}$/)
    expect(slack.canaries()).toEqual(expect.arrayContaining([answer['access_token'], answer['refresh_token']]))
  })

  it('rotates the bot and the person apart', async () => {
    const user = await rotate(slack.installation.user.refreshToken)
    expect([user['token_type'], String(user['access_token']).slice(0, 13)]).toEqual(['user', 'xoxe.xoxp-1-' + String(user['access_token'])[12]])
    expect((await rotate(slack.installation.bot.refreshToken))['token_type']).toBe('bot')
  })

  it('takes each refresh token once, also of many at the same time', async () => {
    const { refreshToken } = slack.issueBotToken([])
    const answers = await Promise.all(Array.from({ length: 10 }, () => rotate(refreshToken)))
    expect(answers.filter((answer) => answer['ok'] === true)).toHaveLength(1)
    expect(answers.filter((answer) => answer['error'] === 'invalid_refresh_token')).toHaveLength(9)
  })

  it('keeps the newest two access tokens of a chain good', async () => {
    const first = slack.issueBotToken([])
    const second = await rotate(first.refreshToken)
    expect((await test(first.accessToken))['ok']).toBe(true)
    const third = await rotate(second['refresh_token'])
    expect(await test(first.accessToken)).toEqual({ ok: false, error: 'token_revoked' })
    expect([(await test(second['access_token']))['ok'], (await test(third['access_token']))['ok']]).toEqual([true, true])
  })

  it('uses the refresh token up when the answer is lost', async () => {
    const { refreshToken } = slack.issueBotToken([])
    slack.dropAfterRotation()
    await expect(rotate(refreshToken)).rejects.toThrow('fetch failed')
    expect(slack.log.last).toMatchObject({ operation: 'oauth.v2.access', status: undefined, ended: 'cut' })
    expect(await rotate(refreshToken)).toEqual({ ok: false, error: 'invalid_refresh_token' })
  })

  it('leaves the refresh token good when the request failed before it was looked at', async () => {
    const { refreshToken } = slack.issueBotToken([])
    slack.faults.failNext(1, 503, { path: /oauth/ })
    expect((await http.fetch(`${slack.origin}/api/oauth.v2.access`, { method: 'POST' })).status).toBe(503)
    expect((await rotate(refreshToken))['ok']).toBe(true)
  })

  it('knows the client by the form or by Basic', async () => {
    const basic = `Basic ${Buffer.from(`${slack.client.id}:${slack.client.secret}`).toString('base64')}`
    const values = { grant_type: 'refresh_token', refresh_token: slack.issueBotToken([]).refreshToken }
    expect((await ask(values, 'oauth.v2.access', { authorization: basic }))['ok']).toBe(true)
    expect(slack.log.last).toMatchObject({ authenticatedAs: 'client', credentialPlaces: ['basic'] })
  })

  it.each([
    ['no client', {}, 'invalid_client_id'],
    ['a wrong secret', { client_id: '3336676.569200954261', client_secret: 'x' }, 'bad_client_secret'],
    ['a wrong id', { client_id: 'x', client_secret: 'x' }, 'invalid_client_id'],
  ])('refuses %s and leaves the refresh token good', async (_name, values: Record<string, string>, error) => {
    const { refreshToken } = slack.issueBotToken([])
    expect(await ask({ ...values, grant_type: 'refresh_token', refresh_token: refreshToken })).toEqual({ ok: false, error })
    expect((await rotate(refreshToken))['ok']).toBe(true)
  })

  it('refuses codes and grant types that it does not know', async () => {
    expect(await ask({ ...proof(), code: 'x' })).toEqual({ ok: false, error: 'invalid_code' })
    expect(await ask({ ...proof(), grant_type: 'password' })).toEqual({ ok: false, error: 'invalid_grant_type' })
  })

  it('exchanges a legacy token once, and ends it', async () => {
    const answer = await ask({ ...proof(), token: slack.legacyBotToken }, 'oauth.v2.exchange')
    expect(answer).toMatchObject({ ok: true, token_type: 'bot', expires_in: 43_200 })
    expect(await test(slack.legacyBotToken)).toEqual({ ok: false, error: 'token_revoked' })
    expect(await ask({ ...proof(), token: slack.legacyBotToken }, 'oauth.v2.exchange')).toEqual({ ok: false, error: 'invalid_token' })
    expect((await rotate(answer['refresh_token']))['ok']).toBe(true)
  })

  it('ends every access token and no refresh token', async () => {
    const { accessToken, refreshToken } = slack.issueBotToken([])
    slack.revokeAll()
    expect(await test(accessToken)).toEqual({ ok: false, error: 'token_revoked' })
    expect((await test((await rotate(refreshToken))['access_token']))['ok']).toBe(true)
  })
})
