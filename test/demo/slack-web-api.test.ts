import { LogLevel, WebClient } from '@slack/web-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSlack, type Slack } from '../../src/demo/slack/start-slack.ts'
import { fetchTrusting, type TrustingFetch } from '../support/standins.ts'

const REVIEW = 'C0CODEREVIEW'

describe('the Slack stand-in with @slack/web-api', () => {
  let slack: Slack
  let http: TrustingFetch
  let client: WebClient

  beforeAll(async () => {
    slack = await startSlack()
    http = fetchTrusting(slack.caPem)
    client = web(slack.installation.bot.accessToken)
  })
  afterAll(async () => {
    await http.close()
    await slack.close()
  })

  const web = (token: string): WebClient =>
    new WebClient(token, {
      slackApiUrl: `${slack.origin}/api/`,
      fetch: http.fetch,
      logLevel: LogLevel.ERROR,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    })

  it('tells who a token is', async () => {
    const bot = await client.auth.test()
    expect(bot).toMatchObject({ ok: true, user: 'postern', team_id: 'T0ACME' })
    expect(bot.response_metadata?.scopes).toContain('chat:write')
    expect(await web(slack.installation.user.accessToken).auth.test()).toMatchObject({ user: 'alice' })
    expect(slack.log.last).toMatchObject({ operation: 'auth.test', authenticatedAs: 'user', status: 200, credentialPlaces: ['header'] })
    expect(slack.log.last?.grants).toEqual({ kind: 'user', scopes: ['channels:history', 'channels:read', 'chat:write', 'users:read'] })
  })

  it('keeps what was posted, changed, reacted to and deleted', async () => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Slack's method, not the browser's
    const posted = await client.chat.postMessage({ channel: REVIEW, text: 'Reviewed 42.' })
    const ts = posted.ts ?? ''
    await client.chat.update({ channel: REVIEW, ts, text: 'Reviewed 42 and 43.' })
    await client.reactions.add({ channel: REVIEW, timestamp: ts, name: 'eyes' })
    await expect(client.reactions.add({ channel: REVIEW, timestamp: ts, name: 'eyes' })).rejects.toThrow('already_reacted')
    const { messages } = await client.conversations.history({ channel: REVIEW, limit: 1 })
    expect(messages).toMatchObject([{ text: 'Reviewed 42 and 43.', user: 'U0POSTERN', reactions: [{ name: 'eyes', count: 1 }] }])
    await client.chat.delete({ channel: REVIEW, ts })
    expect((await client.conversations.history({ channel: REVIEW })).messages?.map((one) => one.ts)).not.toContain(ts)
  })

  it('pages by cursors, and shows no private channel to a stranger', async () => {
    const names: string[] = []
    for await (const page of client.paginate('conversations.list', { limit: 2, types: 'public_channel,private_channel' })) {
      names.push(...((page as { channels?: { name: string }[] }).channels ?? []).map((one) => one.name))
    }
    expect(names).toEqual(['general', 'engineering', 'code-review', 'random'])
    expect((await client.conversations.info({ channel: 'C0GENERAL' })).channel).toMatchObject({ name: 'general', is_member: true })
    await expect(client.conversations.info({ channel: 'C0BOARD' })).rejects.toThrow('channel_not_found')
    expect((await client.users.list({})).members).toHaveLength(3)
    expect((await client.users.info({ user: 'U0BOB' })).user).toMatchObject({ name: 'bob' })
  })

  it('takes a file in three steps', async () => {
    await client.files.uploadV2({ channel_id: REVIEW, filename: 'notes.txt', content: 'line one\n', initial_comment: 'Notes' })
    const steps = ['files.getUploadURLExternal', 'upload', 'files.completeUploadExternal']
    expect(slack.log.entries.slice(-3).map((entry) => entry.operation)).toEqual(steps)
    expect([...slack.workspace.files.values()].at(-1)).toMatchObject({ name: 'notes.txt', state: 'completed', sizeBytes: 9 })
    expect(slack.workspace.channels.find((one) => one.id === REVIEW)?.messages.at(-1)?.text).toBe('Notes')
  })

  it('takes a binary file in three steps', async () => {
    await client.files.uploadV2({ channel_id: REVIEW, filename: 'a.bin', file: Buffer.from([0, 255, 13, 10, 45, 45]) })
    expect([...slack.workspace.files.values()].at(-1)).toMatchObject({ name: 'a.bin', state: 'completed', sizeBytes: 6 })
  })

  it('rotates a refresh token once', async () => {
    const { refreshToken } = slack.issueBotToken(['chat:write'])
    const proof = { client_id: slack.client.id, client_secret: slack.client.secret, grant_type: 'refresh_token' as const }
    const nobody = new WebClient(undefined, { slackApiUrl: `${slack.origin}/api/`, fetch: http.fetch })
    const rotated = await nobody.oauth.v2.access({ ...proof, refresh_token: refreshToken })
    expect(rotated).toMatchObject({ token_type: 'bot', expires_in: 43_200, scope: 'chat:write', team: { id: 'T0ACME' } })
    expect((await web(String(rotated.access_token)).auth.test()).ok).toBe(true)
    await expect(web('').oauth.v2.access({ ...proof, refresh_token: refreshToken })).rejects.toThrow('invalid_refresh_token')
  })

  it('is rate limited when told so, and only then', async () => {
    slack.rateLimitNext(1, 30)
    await expect(client.auth.test()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 30 })
    expect((await client.auth.test()).ok).toBe(true)
  })

  it('has met with no bug of its own', () => {
    expect(slack.problems).toEqual([])
  })
})
