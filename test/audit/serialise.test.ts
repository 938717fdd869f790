import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GENESIS } from '../../src/audit/chain.ts'
import { quote } from '../../src/audit/escape.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import { parseRecord, timestamp } from '../../src/audit/record.ts'
import { callEvent } from './support/event.ts'
import { fieldsOf, lineOf } from './support/line.ts'

/** Any UTF-16 units, lone surrogates included. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))

/** Every field that an event can have, in the order of the format; a new field has to be put here and into the serialiser. */
const everything: Required<AuditEvent> & { http: Required<NonNullable<AuditEvent['http']>> } = {
  event: 'api.denied',
  agent: { id: 'agent:a', name: 'A' },
  user: { id: 'user:b', name: 'B' },
  by: 'user:ops',
  delegation: 'dlg_1',
  session: 'ses_1',
  identified_by: 'mtls',
  via: 'agent:review-tools',
  exchange: 'dec_1',
  integration: 'github',
  operation: 'GET /x',
  access: 'read',
  scopes: ['a:read', 'b:read'],
  target: 'acme/backend',
  expires_in: '600s',
  upstream_expires_at: '2026-11-21T10:00:00.000Z',
  lifetime: 'static',
  credential: 'crd_1',
  connection: 'con_1',
  approval: 'apr_1',
  policy_evaluation: { org_policy: 'deny', user_consent: 'not_applicable', agent_permissions: 'ask' },
  rule: 'org/x',
  rule_at: 'policies/org.yaml:12',
  decision: 'dec_1',
  policy_hash: 'sha256:abc',
  narrowed_by: 'proxy',
  http: { method: 'GET', host: 'h', path: '/x', status: 403, bytes_in: 1, bytes_out: 2, close_code: 1000, scrubbed: 2, duration_ms: 3.5 },
  outcome: 'denied',
  code: 'policy_denied',
  count: 1,
  reason: 'because',
  trace_id: 't',
}

const line = (event: AuditEvent): string => lineOf(GENESIS, event, Date.UTC(2026, 10, 21, 9, 32, 14, 120))

describe('a record as a line', () => {
  it('holds every field that an event has, exactly, in the order of the format', () => {
    const read: unknown = JSON.parse(line(everything))
    expect(read).toMatchObject({ v: 1, seq: 1, ts: '2026-11-21T09:32:14.120Z', prev: GENESIS.hash, ...everything })
    const keys = Object.keys(parseRecord(line(everything))?.fields ?? {})
    const own = Object.keys(everything).filter((key) => key !== 'event')
    expect(keys).toEqual(['v', 'seq', 'ts', 'event', 'id', 'prev', ...own])
  })

  it('leaves out what is undefined', () => {
    const fields = fieldsOf({ event: 'policy.loaded', outcome: 'ok', user: undefined, http: undefined, scopes: undefined })
    expect(fields).toBe(',"outcome":"ok"')
    expect(fieldsOf(callEvent('x', { user: { id: 'user:b', name: undefined } }))).toContain('"user":{"id":"user:b"},')
  })

  it('writes numbers that JSON does not know as null', () => {
    const http = { method: 'GET', host: 'h', path: '/', status: NaN, duration_ms: Infinity }
    expect(JSON.parse(line({ event: 'api.call', outcome: 'ok', http }))).toMatchObject({ http: { status: null, duration_ms: null } })
  })

  it.each([
    ['path', { http: { method: 'GET', host: 'h', path: `/${'p'.repeat(5000)}` } }, 2048, `/${'p'.repeat(2047)}...[2953 more]`],
    ['reason', { reason: 'r'.repeat(1025) }, 1024, `${'r'.repeat(1024)}...[1 more]`],
  ] as const)('cuts a long %s and says how much is missing', (_name, extra, _max, kept) => {
    expect(line(callEvent('x', extra))).toContain(`"${kept}"`)
  })

  it('cuts a list of scopes that has no end', () => {
    const scopes = Array.from({ length: 1000 }, (_, index) => `scope${index}`)
    const read = parseRecord(line(callEvent('x', { scopes })))?.fields['scopes']
    expect(read).toHaveLength(65)
    expect(read).toContain('...[936 more]')
  })

  it('is one line of printable ASCII that gives back every text exactly, whatever is put in', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (path, name, reason) => {
        const event = callEvent('x', { reason, agent: { id: 'agent:a', name }, http: { method: 'GET', host: 'h', path } })
        const written = line(event)
        expect(written).toMatch(/^[\x20-\x7e]+$/)
        expect(JSON.parse(written)).toMatchObject({ reason, agent: { name }, http: { path } })
      }),
    )
  })

  it('never grows beyond its bound, and stays JSON, with the most hostile strings', () => {
    const hostile = '\u2028'.repeat(100_000)
    const event: AuditEvent = {
      ...everything,
      agent: { id: hostile, name: hostile },
      user: { id: hostile, name: hostile },
      operation: hostile,
      scopes: Array.from({ length: 1000 }, () => hostile),
      target: hostile,
      reason: hostile,
      trace_id: hostile,
      http: { method: hostile, host: hostile, path: hostile },
    }
    const written = line(event)
    expect(written.length).toBeLessThan(160 * 1024)
    expect(parseRecord(written)?.seq).toBe(1)
  })
})

describe('a time', () => {
  it('reads as RFC 3339 has it, in whatever order times are told', () => {
    const times = fc.array(fc.oneof(fc.integer({ min: 1_790_000_000_000, max: 1_790_000_003_000 }), fc.double({ min: -9e14, max: 9e14, noNaN: true })), { maxLength: 30 })
    fc.assert(fc.property(times, (told) => {
      for (const ms of told) expect(timestamp(ms)).toBe(new Date(ms).toISOString())
    }))
    expect([NaN, Infinity].map(timestamp)).toEqual(['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'])
  })
})

describe('a quoted text', () => {
  it.each([
    ['plain', '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\n\r\t\0\u001b\u007f', '"\\n\\r\\t\\u0000\\u001b\\u007f"'],
    ['é\u2028\u202e', '"\\u00e9\\u2028\\u202e"'],
    ['\ud800x', '"\\ud800x"'],
    ['😀', '"\\ud83d\\ude00"'],
  ])('%j becomes %s', (text, quoted) => {
    expect(quote(text, 100)).toBe(quoted)
  })
})
