import { expect, test } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { KeySchedule } from '../../src/authority/tokens/key-schedule.ts'
import { ManualTime, settled } from '../issuance/manual-time.ts'

const DAY_MS = 86_400_000

test('the key that signs tokens is replaced each ninety days, on record; a failure is told and tried again', async () => {
  const time = new ManualTime()
  let signsFromMs = time.nowMs()
  let failures = 1
  const events: AuditEvent[] = []
  const errors: unknown[] = []
  const keys = {
    newestKeySignsFromMs: () => signsFromMs,
    rotateSigningKey: async () => {
      if (failures-- > 0) throw new Error('the store is away')
      signsFromMs = time.nowMs()
      return 'kid-2'
    },
  }
  const schedule = new KeySchedule({ keys, audit: { post: (event) => void events.push(event) }, clock: time, timers: time, onError: (error) => errors.push(error) })
  schedule.start()
  for (let hour = 0; hour < 89 * 24; hour += 1) await time.advance(DAY_MS / 24)
  await settled()
  expect([events.length, errors.length]).toEqual([0, 0])
  for (let hour = 0; hour < 2 * 24; hour += 1) {
    await time.advance(DAY_MS / 24)
    await settled()
  }
  expect(errors).toHaveLength(1)
  expect(events).toEqual([expect.objectContaining({ event: 'admin.key_rotated', by: 'system', outcome: 'ok' })])
  schedule.close()
})
