import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LogLevel, WebClient } from '@slack/web-api'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DenialView } from '../../../src/integrations/integration.ts'
import { slackDenialAnswer } from '../../../src/integrations/slack/denial-answer.ts'

const VIEW: DenialView = {
  code: 'policy_denied', status: 403, title: 'Policy does not allow this request.', hint: 'Ask for chat:write in C0123.', layer: 'agent_permissions',
  rule: 'pr-reviewer/post', decisionId: 'dec_1', missingScopes: [], link: undefined, retryAfterSeconds: undefined,
}

/** A server that refuses everything so, and Slack's own SDK before it. */
async function refused(view: DenialView) {
  let calls = 0
  const server = createServer((request, response) => {
    calls += 1
    const { status, headers, body } = slackDenialAnswer(view)
    request.resume()
    response.writeHead(status, [...headers]).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => { server.closeAllConnections(); server.close() })
  const slackApiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`
  const client = new WebClient('placeholder', { slackApiUrl, logLevel: LogLevel.ERROR, rejectRateLimitedCalls: true })
  return { client, calls: () => calls }
}

describe('a refusal by Slack’s rules', () => {
  it('fails in Slack’s SDK at once, with our code and reason', async () => {
    const { client, calls } = await refused(VIEW)
    await expect(client.apiCall('chat.postMessage', { channel: 'C0123', text: 'x' })).rejects.toMatchObject({
      code: 'slack_webapi_platform_error',
      data: { ok: false, error: 'postern_policy_denied', postern: { code: 'policy_denied', layer: 'agent_permissions', rule: 'pr-reviewer/post', decision: 'dec_1' } },
    })
    expect(calls()).toBe(1)
  })

  it('is 429 with a time to wait where it passes by itself', async () => {
    const { client, calls } = await refused({ ...VIEW, code: 'rate_limited', status: 429, retryAfterSeconds: 12 })
    await expect(client.auth.test()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 12 })
    expect(calls()).toBe(1)
  })

  it.each([
    ['overloaded', 429],
    ['draining', 429],
    ['credential_unavailable', 200],
    ['connection_reauth_required', 200],
    ['identity_required', 200],
  ] as const)('answers %s with HTTP %i', (code, status) => {
    expect(slackDenialAnswer({ ...VIEW, code }).status).toBe(status)
  })

  it('names missing scopes as Slack does, and has no field that says nothing', () => {
    const body = JSON.parse(slackDenialAnswer({ ...VIEW, hint: undefined, rule: undefined, missingScopes: ['chat:write', 'files:read'] }).body) as Record<string, unknown>
    expect(body).toMatchObject({ needed: 'chat:write,files:read' })
    expect(body['postern']).toEqual({ code: 'policy_denied', title: VIEW.title, layer: 'agent_permissions', decision: 'dec_1' })
    expect(JSON.parse(slackDenialAnswer(VIEW).body)).not.toHaveProperty('needed')
  })

  it('always has a time to wait with 429', () => {
    const { headers } = slackDenialAnswer({ ...VIEW, code: 'overloaded' })
    expect(headers.at(headers.indexOf('Retry-After') + 1)).toBe('1')
  })
})
