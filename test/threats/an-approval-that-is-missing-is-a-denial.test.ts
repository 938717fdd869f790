import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentRules } from '../support/policies.ts'
import { startStage, type Stage } from '../support/stage.ts'

// Elsewhere an approval that was denied, or that timed out, fell through to the next rule and the call was made.
let stage: Stage
beforeAll(async () => {
  stage = await startStage({ policies: {
    'ask.yaml': agentRules('agent:pr-reviewer',
      '{ id: all, allow: { integration: recorder } }',
      '{ id: ask-write, ask: { integration: recorder, access: write }, because: A person looks at this first. }',
      '{ id: ask-unknown, ask: { integration: recorder, route: "GET /v1/{+rest}", when: "request.query[\'key\'] == \'x\'" } }'),
  } })
})
afterAll(() => stage.close())

describe('what a rule asks about', () => {
  it('is refused while nobody can be asked, however often and by whatever door it comes', async () => {
    const before = stage.reached()
    for (let time = 0; time < 3; time += 1) {
      for (const answer of [
        await stage.agent.reverse('POST', '/recorder/v1/a', { body: '{}' }),
        await stage.agent.call('POST', 'https://recorder.internal/v1/a', { body: '{}' }),
        await stage.agent.absolute('POST', 'https://recorder.internal/v1/a', { body: '{}' }),
      ]) {
        expect(answer).toMatchObject({ status: 403, code: 'approval_required' })
        // A person who was never asked has not refused.
        expect(answer.body).not.toMatch(/user denied|was denied by/i)
      }
    }
    expect(stage.reached()).toBe(before)
  })

  it('is asked about although another rule allows it, and although the condition cannot be told', async () => {
    const before = stage.reached()
    expect((await stage.agent.reverse('GET', '/recorder/v1/a?key=x')).code).toBe('approval_required')
    expect((await stage.agent.reverse('GET', '/recorder/v1/a?key=y&key=x')).code).toBe('approval_required')
    expect((await stage.agent.reverse('GET', '/recorder/v1/a')).code).toBe('approval_required')
    expect(stage.reached()).toBe(before)
    expect((await stage.agent.reverse('GET', '/recorder/v1/a?key=y')).status).toBe(200)
  })

  it('is on record as what it was: asked, by that rule', async () => {
    expect(await stage.world.recorded(({ code }) => code === 'approval_required')).toMatchObject({
      event: 'api.denied', rule: 'pr-reviewer/ask-write', policy_evaluation: { org_policy: 'allow', user_consent: 'allow', agent_permissions: 'ask' },
    })
  })
})
