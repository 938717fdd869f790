import { beforeEach, describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { Metrics } from '../../src/proxy/operations/metrics.ts'

const stats = {
  writable: true, queuedRecords: 3, queuedBytes: 900, written: 41, batches: 7, bytes: 36_000, failures: 2, sideFailures: 1, refused: 5, dropped: 0, lastSeq: 1841,
}
const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0 }
let metrics: Metrics
let open = 0

beforeEach(() => {
  open = 0
  metrics = new Metrics({
    clock,
    audit: () => stats,
    knowsIntegration: (name) => name === 'github' || name === 'slack',
    openExchanges: () => open,
    openTunnels: () => 2,
    admission: () => ({ shed: { exchange: { own: 3, share: 0, full: 0 } }, connections: { open: 7, unproven: 5, evicted: 4 } }),
  })
})

async function lines(): Promise<readonly string[]> {
  return (await metrics.scrape()).split('\n')
}

function call(integration: string | undefined, durationMs: number, extra: Partial<AuditEvent> = {}): AuditEvent {
  const http = { method: 'GET', host: 'h', path: '/secret-path', duration_ms: durationMs }
  return { event: 'api.call', outcome: 'ok', integration, agent: { id: 'agent:a', name: 'A' }, http, ...extra }
}

describe('metrics', () => {
  it('count requests by integration, outcome and code', async () => {
    metrics.observe(call('github', 41))
    metrics.observe(call('github', 5))
    metrics.observe(call('slack', 1, { event: 'api.denied', outcome: 'denied', code: 'policy_denied' }))
    metrics.observe(call('github', 1, { event: 'api.started' }))
    const text = await lines()
    expect(text).toContain('postern_requests_total{integration="github",outcome="ok",code="none"} 2')
    expect(text).toContain('postern_requests_total{integration="slack",outcome="denied",code="policy_denied"} 1')
    expect(await lines()).toEqual(expect.arrayContaining(text.filter((line) => line.startsWith('postern_requests_total'))))
  })

  it('sort durations into cumulative buckets, calls that were made only', async () => {
    for (const durationMs of [1, 5, 41, 60_000]) metrics.observe(call('github', durationMs))
    metrics.observe(call('github', 1, { event: 'api.denied', outcome: 'denied' }))
    expect((await lines()).filter((line) => line.startsWith('postern_request_duration_seconds'))).toEqual([
      ...['0.005', '0.01', '0.025'].map((le) => `postern_request_duration_seconds_bucket{integration="github",le="${le}"} 2`),
      ...['0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '30'].map((le) => `postern_request_duration_seconds_bucket{integration="github",le="${le}"} 3`),
      'postern_request_duration_seconds_bucket{integration="github",le="+Inf"} 4',
      'postern_request_duration_seconds_sum{integration="github"} 60.047',
      'postern_request_duration_seconds_count{integration="github"} 4',
    ])
  })

  it('never take a label from a client: a name that is no integration is other', async () => {
    for (let index = 0; index < 50; index++) metrics.observe(call(`made-up-${index}`, 1))
    metrics.observe(call(undefined, 1))
    const text = (await lines()).filter((line) => line.startsWith('postern_requests_total{'))
    expect(text).toEqual([
      'postern_requests_total{integration="other",outcome="ok",code="none"} 50',
      'postern_requests_total{integration="none",outcome="ok",code="none"} 1',
    ])
    expect((await lines()).join('\n')).not.toMatch(/secret-path|agent:a|made-up/)
  })

  it('count answers in which the credential stood, once each', async () => {
    metrics.observe(call('github', 1))
    metrics.observe(call('github', 1, { http: { method: 'GET', host: 'h', path: '/', scrubbed: 3 } }))
    expect(await lines()).toContain('postern_answers_scrubbed_total{integration="github"} 1')
  })

  it('count credentials and policy loads', async () => {
    metrics.observe({ event: 'credential.issued', integration: 'github', outcome: 'ok' })
    metrics.observe({ event: 'policy.loaded', outcome: 'ok' })
    metrics.observe({ event: 'policy.rejected', outcome: 'failed' })
    const text = await lines()
    expect(text).toContain('postern_credentials_issued_total{integration="github"} 1')
    expect(text).toContain('postern_policy_loads_total{result="ok"} 1')
    expect(text).toContain('postern_policy_loads_total{result="rejected"} 1')
    expect(text).toContain('postern_policy_last_load_ok 0')
    expect(text).toContain('postern_policy_loaded_timestamp_seconds 1790000000')
  })

  it('show the state of the audit, of open work and of the process', async () => {
    open = 4
    const text = await lines()
    for (const line of [
      'postern_audit_writable 1', 'postern_audit_queued 3', 'postern_audit_written_total 41', 'postern_audit_failures_total 2',
      'postern_audit_refused_total 5', 'postern_audit_last_seq 1841', 'postern_open_exchanges 4', 'postern_open_tunnels 2',
    ]) expect(text).toContain(line)
    expect(text.find((line) => line.startsWith('process_resident_memory_bytes '))).toMatch(/ [1-9][0-9]+$/)
    expect(text.find((line) => line.startsWith('process_cpu_seconds_total '))).toMatch(/ [0-9.]+$/)
  })

  it('are text that a scraper reads: each series has its help and type, and no line is broken', async () => {
    metrics.observe(call('github', 41))
    for (const line of (await lines()).filter((each) => each !== '')) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^{}]*\})? [0-9.e+-]+)$/)
    }
  })
})
