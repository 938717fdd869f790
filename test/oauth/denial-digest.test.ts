import { describe, expect, it } from 'vitest'
import { DenialDigest } from '../../src/authority/oauth/denial-digest.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import { MemoryAudit } from './support/memory-ports.ts'

describe('refusals', () => {
  it('are recorded at once, and those that follow in the same while together, counted, by agent and reason', () => {
    const audit = new MemoryAudit()
    const due: (() => void)[] = []
    const digest = new DenialDigest(audit, { after: (_delayMs, work) => { due.push(work); return () => undefined } })
    const denied = (id: string, reason: string): AuditEvent => ({ event: 'token.denied', agent: { id, name: id }, outcome: 'denied', reason })
    for (let attempt = 0; attempt < 1_000; attempt++) digest.post(denied('agent:a', 'invalid_grant'))
    digest.post(denied('agent:b', 'invalid_grant'))
    digest.post(denied('agent:a', 'invalid_scope'))
    expect(audit.events).toEqual([denied('agent:a', 'invalid_grant'), denied('agent:b', 'invalid_grant'), denied('agent:a', 'invalid_scope')])
    for (const work of due.splice(0)) work()
    expect(audit.events.slice(3)).toEqual([{ ...denied('agent:a', 'invalid_grant'), count: 999 }])
    digest.post(denied('agent:a', 'invalid_grant'))
    expect(audit.events).toHaveLength(5)
  })
})
