import { describe, expect, it } from 'vitest'
import { systemTimers } from '../../src/lib/timers.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { Delegation, Principal } from '../../src/model/principal.ts'
import { decideStage } from '../../src/proxy/decide/decide.ts'
import { RateLimiter } from '../../src/proxy/decide/rate-limiter.ts'
import type { PersonLinks } from '../../src/sync/contract.ts'
import { NOBODY } from '../support/nobody.ts'
import { CONSENT, delegation, operation, principal } from '../policy/fixtures.ts'
import { clock, exchangeOf } from './exchange.ts'

const POLICY = 'policy: org\ndefault: allow\n---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: all, allow: {integration: github}}\n'
const LINKS: PersonLinks = {
  consent: (who, integration, scopes, targets) => `https://p/consent?${[who.delegation?.person, integration, ...scopes, ...targets].join('|')}`,
  connect: () => undefined,
}
const READS = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]

function refusedFor(over: Partial<Delegation>, of: Operation = operation('reviews', 'acme-corp/backend'), links = LINKS) {
  const who: Principal = principal({ delegation: { ...delegation(), ...over } })
  const stage = decideStage({ clock, timers: systemTimers, limiter: new RateLimiter(clock), sync: { ...NOBODY, links }, approvalTimeoutMs: 1_000 })
  return stage.run(exchangeOf(POLICY, of, who))
}

const standing = (consent: Delegation['consent']) => ({ consent, groups: [], connections: {} })

describe('a refusal for want of consent', () => {
  it('links to where the person can approve what is missing', () => {
    expect(refusedFor({ consent: READS })).toMatchObject({
      denial: 'consent_required', missingScopes: ['pull_requests:write'], link: 'https://p/consent?user:alice@acme.com|github|pull_requests:write|acme-corp/backend',
    })
  })

  it('counts what is missing from what stands approved, not from the token', () => {
    expect(refusedFor({ standing: standing(READS) })).toMatchObject({
      denial: 'consent_required', missingScopes: ['pull_requests:write'], link: expect.stringContaining('pull_requests:write'), hint: expect.stringContaining('they can approve it'),
    })
  })

  it('asks for all targets where the operation names none, or one that cannot be told', () => {
    const merge = operation('merge', 'acme-corp/backend')
    for (const targets of [{ kind: 'none' }, { kind: 'unresolved', reason: 'r' }] as const) {
      expect(refusedFor({ consent: READS }, { ...merge, targets })).toMatchObject({ link: 'https://p/consent?user:alice@acme.com|github|contents:write|**' })
    }
  })

  it('tells to get a new token, without a link, where the person has approved it by now', () => {
    const denial = refusedFor({ consent: READS, standing: standing(CONSENT) })
    expect(denial).toMatchObject({
      denial: 'consent_required', layer: 'user_consent', missingScopes: ['pull_requests:write'],
      hint: 'The person has approved this for agent:bot, but the token is older or narrower than the approval: get a new token.',
    })
    expect(denial).not.toHaveProperty('link')
  })

  it('has no link where no authority serves people', () => {
    expect(refusedFor({ consent: READS }, undefined, NOBODY.links)).not.toHaveProperty('link')
  })
})
