import { describe, expect, it, onTestFinished } from 'vitest'
import { startSlack, type Slack } from '../../../src/demo/slack/start-slack.ts'
import { refreshAtSlack, type SlackApp } from '../../../src/integrations/slack/slack-app.ts'
import type { UpstreamHttp, UpstreamResponse } from '../../../src/integrations/upstream-http.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { Fault } from '../../../src/model/denial.ts'
import { startGate } from './rotation/gate.ts'

const APP: SlackApp = { tokenUrl: 'https://slack.com/api/oauth.v2.access', clientId: 'client', clientSecret: new Secret('canary-secret') }
const CLOCK = { nowMs: () => 1000, monotonicMs: () => 0 }
const TOKENS = { ok: true, access_token: 'a', refresh_token: 'r', expires_in: 43_200, scope: 'chat:write, files:write', token_type: 'bot' }

function refreshed(http: UpstreamHttp) {
  return refreshAtSlack(APP, 'bot', new Secret('canary-refresh'), http, CLOCK, AbortSignal.timeout(5000))
}

function answer(body: unknown, more: Partial<UpstreamResponse> = {}): UpstreamHttp {
  return () => Promise.resolve({ status: 200, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body), ...more })
}

describe('a refresh', () => {
  it('sends the refresh token in a form, nowhere else', async () => {
    let sent: Parameters<UpstreamHttp>[0] | undefined
    await refreshed((request) => {
      sent = request
      return answer(TOKENS)(request, AbortSignal.timeout(1))
    })
    expect(sent).toEqual({
      method: 'POST', url: APP.tokenUrl, headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', 'user-agent': 'postern' },
      body: 'client_id=client&client_secret=canary-secret&grant_type=refresh_token&refresh_token=canary-refresh',
    })
  })

  it('gives the successor, its scopes and its end, counted from the asking', async () => {
    const outcome = await refreshed(answer(TOKENS))
    if (outcome.kind !== 'rotated') throw new TypeError(outcome.reason)
    const { scopes, tokens } = outcome.successor
    expect([scopes, tokens.accessToken?.reveal(), tokens.refreshToken?.reveal(), tokens.accessExpiresAtMs])
      .toEqual([['chat:write', 'files:write'], 'a', 'r', 43_201_000])
  })

  it.each<[string, UpstreamHttp, object]>([
    ['a refused token is dead', answer({ ok: false, error: 'invalid_refresh_token' }), { kind: 'dead', reason: 'invalid_refresh_token' }],
    ['a removed app is dead', answer({ ok: false, error: 'account_inactive' }), { kind: 'dead' }],
    ['a wrong client secret uses nothing up', answer({ ok: false, error: 'bad_client_secret' }), { kind: 'not_processed', reason: 'bad_client_secret' }],
    ['429 uses nothing up and names a time', answer('', { status: 429, headers: { 'retry-after': '30' } }), { kind: 'not_processed', retryAfterMs: 30_000 }],
    ['an inner error may have used it up', answer({ ok: false, error: 'internal_error' }), { kind: 'unknown', reason: 'internal_error' }],
    ['a code that nobody knows may have used it up', answer({ ok: false, error: 'new_error' }), { kind: 'unknown', reason: 'new_error' }],
    ['an error that is no code is not repeated', answer({ ok: false, error: 'canary <script>' }), { kind: 'unknown', reason: 'no error code' }],
    ['503 may have used it up', answer('oops', { status: 503 }), { kind: 'unknown' }],
    ['an answer that is no JSON may have used it up', answer('<html>'), { kind: 'unknown' }],
    ['an answer without successor may have used it up', answer({ ...TOKENS, refresh_token: undefined }), { kind: 'unknown' }],
    ['an answer whose end is no date may have used it up', answer({ ...TOKENS, expires_in: 1e300 }), { kind: 'unknown' }],
    ['an answer without an end may have used it up', answer({ ...TOKENS, expires_in: undefined }), { kind: 'unknown' }],
    ['a person’s token in the place of the bot’s is none', answer({ ...TOKENS, token_type: 'user' }), { kind: 'unknown' }],
    ['a broken connection may have used it up', () => Promise.reject(new Fault('credential_unavailable', 'reset')), { kind: 'unknown' }],
    ['a connection that never was has not', () => Promise.reject(Object.assign(new Fault('credential_unavailable', 'refused'), { sent: false })), { kind: 'not_processed' }],
  ])('%s', async (_, http, outcome) => {
    const got = await refreshed(http)
    expect(got).toMatchObject(outcome)
    expect(JSON.stringify(got)).not.toContain('canary')
  })

  it('agrees with the stand-in: once, then no more; and an answer that was cut off is an unknown outcome', async () => {
    const slack: Slack = await startSlack()
    onTestFinished(() => slack.close())
    const gate = await startGate({ url: slack.origin, ca: slack.caPem })
    onTestFinished(() => gate.close())
    const app = { tokenUrl: `http://127.0.0.1:${gate.port}/api/oauth.v2.access`, clientId: slack.client.id, clientSecret: new Secret(slack.client.secret) }
    const http: UpstreamHttp = async ({ url, method, headers, body }, signal) => {
      const got = await fetch(url, { method, headers, body: body ?? null, signal })
      return { status: got.status, headers: Object.fromEntries(got.headers), body: await got.text() }
    }
    const trade = (token: Secret) => refreshAtSlack(app, 'bot', token, http, systemClock, AbortSignal.timeout(5000))
    const first = new Secret(slack.installation.bot.refreshToken)
    const rotated = await trade(first)
    if (rotated.kind !== 'rotated') throw new TypeError(rotated.reason)
    expect(rotated.successor.scopes).toContain('chat:write')
    expect(await trade(first)).toEqual({ kind: 'dead', reason: 'invalid_refresh_token' })
    slack.dropAfterRotation()
    expect(await trade(rotated.successor.tokens.refreshToken ?? first)).toMatchObject({ kind: 'unknown' })
    expect(await trade(rotated.successor.tokens.refreshToken ?? first)).toMatchObject({ kind: 'dead' })
  })
})
