import { describe, expect, it } from 'vitest'
import type { Timers } from '../../src/lib/timers.ts'
import { Fault } from '../../src/model/denial.ts'
import type { ApprovalId } from '../../src/model/ids.ts'
import { decideStage } from '../../src/proxy/decide/decide.ts'
import { RateLimiter } from '../../src/proxy/decide/rate-limiter.ts'
import type { ApprovalDesk, ApprovalOrder } from '../../src/sync/contract.ts'
import { NOBODY } from '../support/nobody.ts'
import { completionRecord } from '../../src/proxy/record.ts'
import { operation } from '../policy/fixtures.ts'
import { clock, exchangeOf } from './exchange.ts'

const POLICY = `policy: org
default: allow
rules:
  - {id: lend, allow: {integration: github}, authority: organisation, delivery: released}
  - {id: careful, ask: {integration: github, target: "acme-corp/careful"}, because: Ask the lead first.}
---
policy: agent
agent: agent:bot
rules:
  - {id: all, allow: {integration: github, scopes: ["pulls:write"]}, limits: {requests: 1/m}, expires_in: 10m}
`
const CAREFUL = operation('reviews', 'acme-corp/careful')
const APPROVAL = 'apr_1' as ApprovalId

/** A desk that answers as a test says, and keeps what it was asked. */
class Desk implements ApprovalDesk {
  readonly asked: ApprovalOrder[] = []
  approval: ApprovalId | undefined
  answer: (signal: AbortSignal) => Promise<string | undefined> = async () => 'https://postern.acme.com/approvals/apr_1'

  approved(_order: ApprovalOrder): ApprovalId | undefined {
    return this.approval
  }

  ask(order: ApprovalOrder, signal: AbortSignal): Promise<string | undefined> {
    this.asked.push(order)
    return this.answer(signal)
  }
}

/** Runs what was to wait at once, where the test says so. */
class TestTimers implements Timers {
  readonly waiting: (() => void)[] = []
  after(_delayMs: number, work: () => void): () => void {
    this.waiting.push(work)
    return () => undefined
  }
}

function stageWith(desk: ApprovalDesk, timers = new TestTimers()) {
  const stage = decideStage({ clock, timers, limiter: new RateLimiter(clock), sync: { ...NOBODY, approvals: desk }, approvalTimeoutMs: 5_000 })
  return { timers, run: (of = CAREFUL) => stage.run(exchangeOf(POLICY, of)) }
}

describe('a decision that asks', () => {
  it('is refused with the link at which somebody can approve just this request', async () => {
    const desk = new Desk()
    expect(await stageWith(desk).run()).toMatchObject({
      denial: 'approval_required', layer: 'org_policy', rule: { id: 'org/careful' }, hint: 'Ask the lead first.', link: 'https://postern.acme.com/approvals/apr_1',
    })
    expect(desk.asked).toMatchObject([{ operation: { name: CAREFUL.name }, request: 'GET /', decision: { effect: 'ask' }, principal: { agent: 'agent:bot' } }])
  })

  it('is refused without a link where nobody can answer', async () => {
    const desk = new Desk()
    desk.answer = async () => undefined
    const denial = await stageWith(desk).run()
    expect(denial).toMatchObject({ denial: 'approval_required', detail: 'Ask the lead first.' })
    expect(denial).not.toHaveProperty('link')
  })

  it.each([
    ['breaks', async () => { throw new Error('secret detail of the store') }, 'it broke'],
    ['is not there', async () => { throw new Fault('authority_unavailable', 'the authority cannot be reached') }, 'the authority cannot be reached'],
    ['throws at once', () => { throw new Error('at once') }, 'it broke'],
  ])('is refused where the desk %s, and never passes', async (_, answer, why) => {
    const desk = new Desk()
    desk.answer = answer
    const denial = await stageWith(desk).run()
    expect(denial).toMatchObject({ denial: 'approval_required', detail: `Ask the lead first. (The question could not be put to anybody: ${why}.)` })
    expect(JSON.stringify(denial)).not.toContain('secret detail')
  })

  it('does not wait longer than it may, and takes the question back', async () => {
    const desk = new Desk()
    let signal: AbortSignal | undefined
    desk.answer = (given) => {
      signal = given
      return new Promise(() => undefined)
    }
    const { run, timers } = stageWith(desk)
    const pending = run()
    for (const work of timers.waiting) work()
    expect(await pending).toMatchObject({ denial: 'approval_required', detail: expect.stringContaining('no answer within 5000 ms') })
    expect(signal?.aborted).toBe(true)
  })

  it('is allowed once approved: with the scopes that it asked for, under the bounds of its rules', () => {
    const desk = new Desk()
    desk.approval = APPROVAL
    const decision = stageWith(desk).run()
    expect(decision).toMatchObject({
      effect: 'allow', approval: 'apr_1', scopes: ['pull_requests:write'], expiresInMs: 600_000, authority: 'organisation', release: true, decidedBy: 'org_policy', rule: { id: 'org/careful' },
      layers: { org_policy: { effect: 'ask', reason: 'Ask the lead first. Approved (apr_1).' }, user_consent: { effect: 'allow' }, agent_permissions: { effect: 'allow' } },
    })
    expect(desk.asked).toEqual([])
  })

  it('is still counted against the limits', () => {
    const desk = new Desk()
    desk.approval = APPROVAL
    const { run } = stageWith(desk)
    expect(run()).toMatchObject({ effect: 'allow' })
    expect(run()).toMatchObject({ denial: 'rate_limited' })
  })

  it('asks where the desk cannot say whether it was approved', async () => {
    const desk = new Desk()
    desk.approved = () => { throw new Error('no copy') }
    expect(await stageWith(desk).run()).toMatchObject({ denial: 'approval_required', link: expect.any(String) })
  })

  it('stands in the record with the layer that asked and the approval', () => {
    const desk = new Desk()
    desk.approval = APPROVAL
    const decision = stageWith(desk).run()
    const trace = { ...exchangeOf(POLICY, CAREFUL), decision, forwarding: { status: 200, bytesIn: 0, bytesOut: 0, outcome: 'ok', reason: undefined } }
    expect(completionRecord(trace as never, { kind: 'complete' }, { status: 200, monotonicMs: clock.monotonicMs() })).toMatchObject({
      event: 'api.call', approval: 'apr_1', policy_evaluation: { org_policy: 'ask', user_consent: 'allow', agent_permissions: 'allow' }, rule: 'org/careful', outcome: 'ok',
    })
  })
})

describe('what is allowed or refused without asking', () => {
  it('never reaches the desk', () => {
    const desk = new Desk()
    desk.approval = APPROVAL
    const { run } = stageWith(desk)
    expect(run(operation('reviews', 'acme-corp/backend'))).not.toHaveProperty('approval')
    const denied = decideStage({ clock, timers: new TestTimers(), limiter: new RateLimiter(clock), sync: { ...NOBODY, approvals: desk }, approvalTimeoutMs: 1 })
      .run(exchangeOf(POLICY.replace('ask:', 'deny:'), CAREFUL))
    expect(denied).toMatchObject({ denial: 'policy_denied' })
    expect(desk.asked).toEqual([])
  })
})
