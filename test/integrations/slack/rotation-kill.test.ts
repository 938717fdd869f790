import { expect, it } from 'vitest'
import { proveRotation } from './rotation/prove.ts'

it('keeps the connection, or asks for a person, when a process that renews it is killed at any point', { timeout: 60_000 }, async () => {
  const report = await proveRotation(4)
  expect(report).toMatchObject({ lost: 0, reauthUnexplained: 0, secondSuccessors: 0, storeHoldsTheLast: true })
  expect(report.recovered + report.reauthInWindow).toBe(4)
  // Before Slack has seen it nothing is lost; once Slack has rotated and the answer is gone, nothing can be saved.
  expect(report.reauthByPoint).toMatchObject({ 'before Slack': 0, 'before the answer': 1 })
})
