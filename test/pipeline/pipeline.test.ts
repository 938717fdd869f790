import { expect, it } from 'vitest'
import { deny } from '../../src/model/denial.ts'
import { compose } from '../../src/proxy/compose.ts'
import type { Received } from '../../src/proxy/exchange.ts'
import { createPipeline } from '../../src/proxy/pipeline.ts'
import { TestClient } from '../support/test-client.ts'
import { MemoryAudit } from '../issuance/fixture.ts'
import { ManualTime } from '../issuance/manual-time.ts'

it('repeats no word of a defect in the record: it could be the request’s', async () => {
  const audit = new MemoryAudit()
  const pipeline = createPipeline({
    stages: compose().next({ name: 'identify', adds: 'principal', run: () => JSON.parse('canary') as never }),
    record: (event) => audit.post(event),
    clock: new ManualTime(),
    shape: () => ({ status: 500, headers: [], body: '' }),
    reportBroken: () => undefined,
  })
  const client = new TestClient()
  pipeline.exchange({ id: 'dec_1', request: { method: 'GET', host: 'a.example', path: '/', headers: [] }, client } as unknown as Received)
  await expect.poll(() => pipeline.open).toBe(0)
  expect(audit.events).toMatchObject([{ code: 'internal_error', reason: 'identify: a defect of Postern; the operational log has its stack' }])
})

it('tells of a record that could not be made, and rejects nothing that nobody awaits', async () => {
  const told: string[] = []
  const unawaited: unknown[] = []
  const listener = (reason: unknown): void => void unawaited.push(reason)
  process.on('unhandledRejection', listener)
  const audit = new MemoryAudit()
  audit.post = () => { throw new RangeError('no such date') }
  const pipeline = createPipeline({
    stages: compose().next({ name: 'identify', adds: 'principal', run: async () => deny('identity_required', 'no proof') }),
    record: (event) => audit.post(event),
    clock: new ManualTime(),
    shape: () => ({ status: 401, headers: [], body: '' }),
    reportBroken: (error, stage) => told.push(`${stage}: ${String(error)}`),
  })
  const client = new TestClient()
  pipeline.exchange({ id: 'dec_1', request: { method: 'GET', host: 'a.example', path: '/', headers: [] }, client } as unknown as Received)
  await expect.poll(() => pipeline.open).toBe(0)
  process.off('unhandledRejection', listener)
  expect({ told, unawaited, open: pipeline.open }).toEqual({ told: ['record: RangeError: no such date'], unawaited: [], open: 0 })
})

it('has on record at once what has ended in this turn, where a process has no further one, and once', async () => {
  const audit = new MemoryAudit()
  const pipeline = createPipeline({
    stages: compose().next({ name: 'identify', adds: 'principal', run: () => deny('identity_required', 'no proof') }),
    record: (event) => audit.post(event),
    clock: new ManualTime(),
    shape: () => ({ status: 401, headers: [], body: '' }),
    reportBroken: () => undefined,
  })
  pipeline.exchange({ id: 'dec_1', request: { method: 'GET', host: 'a.example', path: '/', headers: [] }, client: new TestClient() } as unknown as Received)
  const recorded: number[] = []
  await new Promise((resolve) => setImmediate(resolve))
  recorded.push(audit.events.length)
  pipeline.recordEnded()
  recorded.push(audit.events.length, pipeline.open)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  expect([...recorded, audit.events.length]).toEqual([0, 1, 0, 1])
})
