import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'

/**
 * Puts on record what was taken back, before anybody is told that it was: a crash between would leave no line of it. Where the audit cannot be
 * written now the records are kept until it can: nothing is told not to be taken back for that.
 */
export async function recordDone(audit: AuditLog, events: readonly AuditEvent[]): Promise<void> {
  await Promise.all(events.map(async (event) => {
    try {
      await audit.commit(event)
    } catch {
      audit.post(event)
    }
  }))
}
