import type { AuditEvent } from './event.ts'

/**
 * Where records go. One chain; lines are written in the order of these calls.
 */
export interface AuditLog {
  /** `strict`: `api.started` is durable before a secret is placed. `relaxed` leaves it out. */
  readonly mode: 'strict' | 'relaxed'
  /** False once a sink has failed and not yet recovered: nothing credentialed may leave then. */
  readonly writable: boolean
  /** Writes the record. @returns once it is durable (fdatasync, group commit). @throws Fault `audit_unavailable` */
  commit(event: AuditEvent): Promise<void>
  /** Queues the record, to be durable with the next batch; it is kept (bounded by refusing new calls) while a sink is down. */
  post(event: AuditEvent): void
}
