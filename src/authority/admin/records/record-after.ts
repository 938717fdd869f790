import type { AuditEvent } from '../../../audit/event.ts'
import type { AuditLog } from '../../../audit/log.ts'

/**
 * Puts on record what has been done. Where that cannot be written now, the record is kept until it can, and the caller is told.
 * @throws Fault `audit_unavailable`
 */
export async function recordAfter(audit: AuditLog, event: AuditEvent): Promise<void> {
  try {
    await audit.commit(event)
  } catch (error) {
    audit.post(event)
    throw error
  }
}
