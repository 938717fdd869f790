import type { EventCode } from './event.ts'
import type { CHECKPOINT } from './record.ts'

/** What a record tells of: an event, or that all before it is signed. */
export type RecordKind = EventCode | typeof CHECKPOINT

/** A record as it stands in the file. */
export interface WrittenRecord {
  readonly seq: number
  readonly event: RecordKind
  /** The whole JSON line, without a newline. */
  readonly line: string
}
