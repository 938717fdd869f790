import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import { Fault } from '../../model/denial.ts'
import type { CountedRefusals } from '../../proxy/counted-refusals.ts'
import type { Logger } from './operational-log.ts'

/** Refusals that can be had without end are bounded, those of nobody apart from those of agents; everything else has its own record. */
interface BoundedRefusals {
  readonly unidentified: CountedRefusals
  /** Of agents that are over what they may have at a time. */
  readonly shed: CountedRefusals
}

/** Where the data plane's records go. */
export function recorder(audit: AuditLog, { unidentified, shed }: BoundedRefusals): (event: AuditEvent) => void {
  return (event) => {
    const { agent, code } = event
    if (agent === undefined && code !== undefined) unidentified.post({ ...event, code })
    else if (code === 'overloaded') shed.post({ ...event, code })
    else audit.post(event)
  }
}

/** A Fault has its sentence in the audit and says what to do; a defect of ours needs its stack, here alone. */
export function brokenReporter(log: Logger): (error: unknown, stage: string, exchange: string) => void {
  return (error, stage, exchange) => {
    if (error instanceof Fault) log.warn({ code: error.code, reason: error.message, stage, exchange }, 'a request could not be carried out')
    else log.error({ err: error, stage, exchange }, 'a request could not be carried out')
  }
}
