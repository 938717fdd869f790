import { describe, expect, it } from 'vitest'
import type { Denial } from '../../src/model/denial.ts'
import { isDenial } from '../../src/model/denial.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { Principal } from '../../src/model/principal.ts'
import { decideStage, type DecideOptions } from '../../src/proxy/decide/decide.ts'
import { RateLimiter } from '../../src/proxy/decide/rate-limiter.ts'
import { NOBODY } from '../support/nobody.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { delegation, operation, principal, request } from '../policy/fixtures.ts'
import { clock, exchangeOf } from './exchange.ts'

const POLICY = `policy: org
default: allow
rules:
  - {id: ro, deny: {integration: github, target: "acme-corp/prod-*", access: write}, because: Production is read-only.}
---
policy: agent
agent: agent:bot
rules:
  - {id: all, allow: {integration: github, scopes: ["pulls:write", "issues:write"]}, limits: {requests: 2/m}, expires_in: 10m}
  - {id: careful, ask: {integration: github, target: "acme-corp/careful"}}
`

function options(over: Partial<DecideOptions> = {}): DecideOptions {
  return { clock, timers: systemTimers, limiter: new RateLimiter(clock), sync: NOBODY, approvalTimeoutMs: 1_000, ...over }
}

function run(of: Operation, who?: Principal, limiter = new RateLimiter(clock)) {
  const stage = decideStage(options({ limiter }))
  const given = exchangeOf(POLICY, of, who)
  const result = stage.run(given)
  if (result instanceof Promise) throw new Error('the stage has nothing to wait for')
  return { result, given }
}

function denied(of: Operation, who?: Principal): Denial {
  const { result } = run(of, who)
  if (!isDenial(result)) throw new Error('allowed')
  return result
}

const REVIEW = operation('reviews', 'acme-corp/backend')

describe('the decide stage', () => {
  it('judges the request as it goes out, not as it named the proxy', () => {
    const condition = `request.host == "${request().host}" && request.path == "${request().path}"`
    const yaml = POLICY.replace('"issues:write"]}', `"issues:write"], when: '${condition}'}`)
    const result = decideStage(options()).run(exchangeOf(yaml, REVIEW))
    expect(result).toMatchObject({ effect: 'allow' })
  })

  it('hands on an allowing decision', () => {
    const { result } = run(REVIEW)
    expect(result).toMatchObject({ effect: 'allow', scopes: ['pull_requests:write'], expiresInMs: 600_000 })
  })

  it('tells layer, rule and its author\'s reason where a rule denies', () => {
    expect(denied(operation('reviews', 'acme-corp/prod-1'))).toMatchObject({
      denial: 'policy_denied', layer: 'org_policy', rule: { id: 'org/ro', file: 'p.yaml', line: 4 }, hint: 'Production is read-only.',
      detail: 'Production is read-only.', decision: { effect: 'deny' },
    })
  })

  it('tells the client catalogue names only where no rule covers it, and the log what to change', () => {
    const denial = denied(operation('merge', 'acme-corp/backend'))
    expect(denial).toMatchObject({ denial: 'policy_denied', layer: 'agent_permissions' })
    expect(denial.hint).toBe('`PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge` of github (needs contents:write) is not allowed to agent:bot on this target; an allow rule in its policy would be needed.')
    expect(denial.detail).toContain('the nearest, bot/all, does not cover the scope contents:write')
    expect(denial.rule).toBeUndefined()
  })

  it('asks for consent with the scopes that are missing: the fewest of the alternatives', () => {
    const consent = delegation([{ integration: 'github', scopes: ['issues:read'], targets: ['acme-corp/*'] }])
    expect(denied(operation('comments', 'acme-corp/backend'), principal({ delegation: consent }))).toMatchObject({
      denial: 'consent_required', layer: 'user_consent', missingScopes: ['issues:write'],
    })
  })

  it('names a scope as missing where only its target is not consented to', () => {
    const consent = delegation([{ integration: 'github', scopes: ['pulls:write'], targets: ['acme-corp/front'] }])
    expect(denied(REVIEW, principal({ delegation: consent }))).toMatchObject({ denial: 'consent_required', missingScopes: ['pull_requests:write'] })
  })

  it('asks for a delegation where the agent acts for nobody', () => {
    expect(denied(REVIEW, principal({ delegation: undefined }))).toMatchObject({ denial: 'delegation_required', layer: 'user_consent' })
  })

  it('asks for an approval where a rule wants one', async () => {
    expect(await decideStage(options()).run(exchangeOf(POLICY, operation('reviews', 'acme-corp/careful')))).toMatchObject({
      denial: 'approval_required', layer: 'agent_permissions', rule: { id: 'bot/careful' },
    })
  })

  it('refuses what is over the limit with the time to wait, and counts only what was allowed', () => {
    const limiter = new RateLimiter(clock)
    for (let attempt = 0; attempt < 5; attempt++) run(operation('merge', 'acme-corp/backend'), undefined, limiter)
    expect(run(REVIEW, undefined, limiter).result).not.toHaveProperty('denial')
    expect(run(REVIEW, undefined, limiter).result).not.toHaveProperty('denial')
    expect(run(REVIEW, undefined, limiter).result).toMatchObject({
      denial: 'rate_limited', rule: { id: 'bot/all' }, retryAfterMs: 90_000, hint: 'The policy allows 2 requests in 60 seconds here.',
    })
  })

  it('never shows a target that the request named in the hint', () => {
    const denial = denied(operation('merge', 'acme-corp/<script>'))
    expect(denial.hint).not.toContain('script')
  })
})
