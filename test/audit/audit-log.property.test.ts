import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { parseRecord } from '../../src/audit/record.ts'
import { FaultyIo } from './support/faulty-io.ts'
import { LogDirectory } from './support/log-directory.ts'

/** Of objects that events share, as they do in the product; some read the same and are others. */
const AGENTS = [{ id: 'agent:a', name: 'A' }, { id: 'agent:a', name: 'A' }, { id: 'agent:b', name: '"\\\u2028\u007f' }]
const SCOPES = [['a:read'], ['a:read'], ['b:write', 'a:read'], []]
const EVALUATIONS = (['allow', 'deny'] as const).map((effect) => ({ org_policy: effect, user_consent: 'allow', agent_permissions: 'ask' } as const))

const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 120 }), fc.string({ minLength: 30, maxLength: 200 }))
const number = fc.oneof(fc.nat(600), fc.nat({ max: 2 ** 40 }), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1))

/** Everything but its name. */
const anEvent: fc.Arbitrary<AuditEvent> = fc.record({
  event: fc.constantFrom('api.call', 'api.started', 'credential.issued'), outcome: fc.constantFrom('ok', 'failed'),
  agent: maybe(fc.constantFrom(...AGENTS)), user: maybe(fc.record({ id: text, name: maybe(text) }, { noNullPrototype: true })), session: maybe(text),
  integration: maybe(text), operation: maybe(text), scopes: maybe(fc.constantFrom(...SCOPES)), target: maybe(text), credential: maybe(text),
  policy_evaluation: maybe(fc.constantFrom(...EVALUATIONS)), rule: maybe(text), policy_hash: maybe(text), reason: maybe(text), trace_id: maybe(text), count: maybe(number),
  http: maybe(fc.record({ method: text, host: text, path: text, status: maybe(number), bytes_in: maybe(number), duration_ms: maybe(number) }, { noNullPrototype: true })),
}, { noNullPrototype: true })

/** A line that fills a good part of a block. */
const HUGE: AuditEvent = { event: 'api.call', outcome: 'ok', scopes: Array.from({ length: 64 }, (_, index) => `${index}${'\u2028'.repeat(250)}`) }

type Step =
  | { readonly kind: 'post' | 'commit'; readonly event: AuditEvent }
  | { readonly kind: 'disk'; readonly spaceBytes: number; readonly shortBytes: number; readonly syncFails: 'EIO' | undefined }
  | { readonly kind: 'flood' | 'turn' }

const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('post', 'commit'), event: anEvent }, { noNullPrototype: true }) },
  { weight: 2, arbitrary: fc.record({
    kind: fc.constant('disk'), spaceBytes: fc.constantFrom(0, 900, Infinity, Infinity), shortBytes: fc.constantFrom(3_000, Infinity), syncFails: fc.constantFrom('EIO', undefined, undefined),
  }, { noNullPrototype: true }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'turn' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flood' as const }) },
)

const SETTINGS = fc.record({
  checkpointEveryRecords: fc.constantFrom(1, 3, 1000), maxSegmentBytes: fc.constantFrom(1, 3_000, 2 ** 28), checkpointEveryMs: fc.constantFrom(2, 10_000), lingerMs: fc.constantFrom(1, 10_000),
}, { noNullPrototype: true })

describe('whatever is told, and whatever the disk does meanwhile', () => {
  it('each record stands there once, as it was told, in the order in which it was; but for those whose tellers heard that it does not', async () => {
    await fc.assert(fc.asyncProperty(fc.array(aStep, { maxLength: 40 }), SETTINGS, async (steps, settings) => {
      using directory = new LogDirectory()
      const io = new FaultyIo()
      const log = await directory.open({ io, ...settings })
      const told: { readonly event: AuditEvent; readonly written: Promise<boolean> }[] = []
      const tell = (kind: 'post' | 'commit', given: AuditEvent): void => {
        const event = { ...given, exchange: `dec_${told.length}` }
        const written = kind === 'commit' ? log.commit(event).then(() => true, () => false) : Promise.resolve(true)
        if (kind === 'post') log.post(event)
        told.push({ event, written })
      }
      for (const step of steps) {
        if (step.kind === 'post' || step.kind === 'commit') tell(step.kind, step.event)
        else if (step.kind === 'disk') Object.assign(io, { spaceBytes: step.spaceBytes, shortBytes: step.shortBytes, syncFails: step.syncFails })
        else if (step.kind === 'flood') for (let count = 0; count < 12; count++) tell('post', HUGE)
        else await new Promise((resolve) => setImmediate(resolve))
      }
      Object.assign(io, new FaultyIo())
      await log.close()
      const expected: unknown[] = []
      for (const { event, written } of told) if (await written) expected.push(JSON.parse(JSON.stringify(event)))
      const lines = directory.text().split('\n').slice(0, -1).map((line) => parseRecord(line)?.fields ?? {}).filter((fields) => fields['exchange'] !== undefined)
      expect(lines.map(({ v: _v, seq: _seq, ts: _ts, id: _id, prev: _prev, ...own }) => own)).toEqual(expected)
      expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length)
      expect((await directory.verify()).problems).toEqual([])
      expect(log.stats()).toMatchObject({ queuedRecords: 0, queuedBytes: 0, dropped: 0 })
    }), { numRuns: 60 })
  })
})
