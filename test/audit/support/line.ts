import type { ChainState } from '../../../src/audit/chain.ts'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { LineBlock, MAX_LINE_BYTES } from '../../../src/audit/line-block.ts'
import { putFields } from '../../../src/audit/serialise.ts'

const block = new LineBlock()
const fields = Buffer.alloc(MAX_LINE_BYTES)

/** The event's line after this place of a chain, without a newline. */
export function lineOf(state: ChainState, event: AuditEvent, tsMs: number): string {
  block.clear()
  block.add(event, tsMs, state.seq + 1)
  block.chain(state)
  return block.bytes.toString('latin1').slice(0, -1)
}

/** The event's own fields, as they stand in its line. */
export function fieldsOf(event: AuditEvent): string {
  return fields.toString('latin1', 0, putFields(fields, 0, event))
}
