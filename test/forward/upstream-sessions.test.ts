import { describe, expect, it } from 'vitest'
import { UpstreamSessions } from '../../src/proxy/forward/upstream-sessions.ts'
import { principal } from '../issuance/fixture.ts'
import type { AgentId } from '../../src/model/ids.ts'
import type { Principal } from '../../src/model/principal.ts'

const alice = principal()
const other: Principal = { ...alice, agent: 'agent:other' as AgentId }

describe('the sessions of an upstream', () => {
  it('belong to whom they were given, at that integration', () => {
    const sessions = new UpstreamSessions()
    expect(sessions.given(alice, 'mcp', 's1')).toBe(true)
    expect(sessions.refusal(alice, 'mcp', 's1')).toBeUndefined()
    expect(sessions.refusal(alice, 'elsewhere', 's1')).toMatchObject({ denial: 'upstream_session_unknown' })
    expect(sessions.refusal(other, 'mcp', 's1')).toMatchObject({ denial: 'upstream_session_unknown' })
    expect(sessions.given(other, 'mcp', 's1')).toBe(false)
    expect(sessions.given(alice, 'mcp', 's1')).toBe(true)
  })

  it('are not another’s who acts on the same agent’s behalf', () => {
    const sessions = new UpstreamSessions()
    const byServer: Principal = { ...alice, via: 'agent:server' as AgentId }
    sessions.given(byServer, 'mcp', 's1')
    expect(sessions.refusal(byServer, 'mcp', 's1')).toBeUndefined()
    expect(sessions.refusal(alice, 'mcp', 's1')).toMatchObject({ denial: 'upstream_session_unknown' })
    expect(sessions.refusal({ ...alice, via: 'agent:other' as AgentId }, 'mcp', 's1')).toMatchObject({ denial: 'upstream_session_unknown' })
  })

  it('are nobody’s once they have ended, which only their owner brings about', () => {
    const sessions = new UpstreamSessions()
    sessions.given(alice, 'mcp', 's1')
    sessions.ended(other, 'mcp', 's1')
    expect(sessions.refusal(alice, 'mcp', 's1')).toBeUndefined()
    sessions.ended(alice, 'mcp', 's1')
    expect(sessions.refusal(alice, 'mcp', 's1')).toBeDefined()
    expect(sessions.size).toBe(0)
  })

  it('of one owner push out none of another’s', () => {
    const sessions = new UpstreamSessions({ maxSessions: 100, maxPerOwner: 3 })
    sessions.given(other, 'mcp', 'kept')
    for (let at = 0; at < 50; at += 1) sessions.given(alice, 'mcp', `s${at}`)
    expect(sessions.size).toBe(4)
    expect(sessions.refusal(other, 'mcp', 'kept')).toBeUndefined()
    expect(sessions.refusal(alice, 'mcp', 's46')).toBeDefined()
    expect(sessions.refusal(alice, 'mcp', 's49')).toBeUndefined()
  })

  it('are bounded in all', () => {
    const sessions = new UpstreamSessions({ maxSessions: 2, maxPerOwner: 2 })
    sessions.given(alice, 'mcp', 's1')
    sessions.given(other, 'mcp', 's2')
    sessions.given(other, 'mcp', 's3')
    expect(sessions.size).toBe(2)
    expect(sessions.refusal(alice, 'mcp', 's1')).toBeDefined()
  })
})
