import { describe, expect, it } from 'vitest'
import { systemTimers } from '../../src/lib/timers.ts'
import type { BodyFraming } from '../../src/http/request.ts'
import type { Inspected } from '../../src/proxy/exchange.ts'
import { decideStage } from '../../src/proxy/decide/decide.ts'
import { RateLimiter } from '../../src/proxy/decide/rate-limiter.ts'
import { clock, exchangeOf } from '../decide/exchange.ts'
import { operation } from '../policy/fixtures.ts'
import { NOBODY } from '../support/nobody.ts'

const POLICY = `policy: org
default: allow
rules:
  - {id: wide, allow: {integration: github}, limits: {body: 2KiB}}
---
policy: agent
agent: agent:bot
rules:
  - {id: all, allow: {integration: github, scopes: ["pulls:write", "issues:write"]}, limits: {body: 1KiB}}
  - {id: more, allow: {integration: github, scopes: ["pulls:write"]}, limits: {body: 4KiB, requests: 1/m}}
  - {id: careful, ask: {integration: github, target: "acme-corp/careful"}, limits: {body: 10B}}
`

const REVIEW = operation('reviews', 'acme-corp/backend')

/** Judges a request whose body is framed so, or was read already. */
function judge(framing: BodyFraming, inspected?: Buffer, of = REVIEW, limiter = new RateLimiter(clock)) {
  const given = exchangeOf(POLICY, of)
  const body = inspected === undefined ? undefined : { bytes: inspected, format: 'json', value: {} }
  const exchange = { ...given, route: { ...given.route, request: { ...given.route.request, framing } }, inspection: { ...given.inspection, body } }
  return decideStage({ clock, timers: systemTimers, limiter, sync: NOBODY, approvalTimeoutMs: 1_000 }).run(exchange as Inspected)
}

describe('a rule’s bound of the body', () => {
  it('is the smallest of all rules that match, in both layers', () => {
    expect(judge({ kind: 'length', bytes: 1_024 })).toMatchObject({ effect: 'allow', maxBodyBytes: 1_024 })
  })

  it.each<[string, BodyFraming, Buffer | undefined]>([
    ['a declared length', { kind: 'length', bytes: 1_025 }, undefined],
    ['a body that was read', { kind: 'chunked' }, Buffer.alloc(1_025)],
  ])('refuses %s over it, and says how much is allowed', (_, framing, inspected) => {
    expect(judge(framing, inspected)).toMatchObject({
      denial: 'body_too_large', layer: 'agent_permissions', detail: 'a body of 1025 bytes, where the rules allow 1024', hint: 'The policy allows a body of 1024 bytes here.',
    })
  })

  it.each<[string, BodyFraming, Buffer | undefined]>([
    ['no body', { kind: 'none' }, undefined],
    ['a body whose length is not told yet', { kind: 'chunked' }, undefined],
    ['a body that was read', { kind: 'chunked' }, Buffer.alloc(1_024)],
  ])('lets %s within it through', (_, framing, inspected) => {
    expect(judge(framing, inspected)).toMatchObject({ effect: 'allow' })
  })

  it('takes nothing from the limit of requests where it refuses', () => {
    const limiter = new RateLimiter(clock)
    expect(judge({ kind: 'length', bytes: 5_000 }, undefined, REVIEW, limiter)).toMatchObject({ denial: 'body_too_large' })
    expect(judge({ kind: 'length', bytes: 1 }, undefined, REVIEW, limiter)).toMatchObject({ effect: 'allow' })
    expect(judge({ kind: 'length', bytes: 1 }, undefined, REVIEW, limiter)).toMatchObject({ denial: 'rate_limited' })
  })

  it('refuses before a person is asked', () => {
    expect(judge({ kind: 'length', bytes: 11 }, undefined, operation('reviews', 'acme-corp/careful'))).toMatchObject({ denial: 'body_too_large' })
  })
})
