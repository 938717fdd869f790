import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

const WORDS = 'internal-detail-7f3a: pg://user:password@10.0.0.5'
let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

const PULL = '/github/repos/acme-corp/backend/pulls/42'

describe('what a token endpoint says when it refuses', () => {
  for (const status of [400, 401, 403, 404, 422, 500, 503]) {
    it(`with ${status} is not told to the agent, whose answer names a code alone`, async () => {
      stage.world.upstreams.github.faults.failNext(3, status, { path: /access_tokens$/, body: JSON.stringify({ message: WORDS, error: WORDS }), headers: { 'x-detail': WORDS, 'content-type': 'application/json' } })
      const answer = await (await stage.agentWith()).reverse('GET', PULL)
      stage.world.upstreams.github.faults.clear()
      expect(answer.code).toMatch(/^(?:credential_unavailable|credential_refused|connection_required|connection_reauth_required)$/)
      expect(JSON.stringify(answer)).not.toMatch(/internal-detail|password@/)
      expect(await stage.world.auditText()).not.toMatch(/internal-detail|password@/)
    })
  }

  it('of Slack neither', async () => {
    stage.world.upstreams.slack.faults.failNext(2, 200, { path: /oauth/, body: JSON.stringify({ ok: false, error: WORDS }), headers: { 'content-type': 'application/json' } })
    const answer = await stage.agent.reverse('POST', '/slack/api/chat.postMessage', { body: 'channel=C0CODEREVIEW&text=a', type: 'application/x-www-form-urlencoded' })
    stage.world.upstreams.slack.faults.clear()
    expect(answer.code).toBeDefined()
    expect(JSON.stringify(answer)).not.toMatch(/internal-detail|password@/)
  })
})

describe('what breaks in Postern', () => {
  it('is told as a code and a decision id; path, file, stack and reason stay in the log', async () => {
    stage.recorder.respond = (socket) => void socket.destroy()
    const answer = await stage.agent.reverse('GET', '/recorder/v1/a')
    expect(answer).toMatchObject({ status: 502, code: 'upstream_broken' })
    expect(answer.body).not.toMatch(/127\.0\.0\.1|ECONN|UND_ERR|\.ts|at .*:\d+|recorder\.internal/)
  })
})
