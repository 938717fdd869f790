import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import { Fault } from '../../model/denial.ts'
import type { Announced, Credentialed, Stage } from '../exchange.ts'

/**
 * The last step before the secret is placed: the call's start is on record, durable where the audit is `strict`,
 * and nothing goes on where the audit cannot be written (invariants 4 and 6).
 * @param started renders the exchange as `api.started`
 */
export function announceStage(
  audit: AuditLog,
  started: (exchange: Credentialed) => AuditEvent,
): Stage<Credentialed, 'announced', Announced['announced']> {
  return {
    name: 'announce',
    adds: 'announced',
    run(exchange) {
      if (!audit.writable) throw new Fault('audit_unavailable', 'the audit log cannot be written at the moment')
      if (audit.mode === 'relaxed') {
        // A WebSocket may be open for hours: that it is does not wait for its end.
        if (exchange.route.request.upgrade !== undefined) audit.post(started(exchange))
        return 'not_required'
      }
      return audit.commit(started(exchange)).then(() => 'durable' as const)
    },
  }
}
