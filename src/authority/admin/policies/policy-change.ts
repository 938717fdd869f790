import { parseRecord } from '../../../audit/record.ts'
import type { IndexedRecord } from '../../../store/ports/audit-index.ts'
import type { PolicyChangeView } from '../wire/policy.ts'

/** What a record of the audit says of a change to the policies; nothing for any other record. Pure. */
export function policyChange({ event, line }: IndexedRecord): readonly PolicyChangeView[] {
  const record = parseRecord(line)
  if (record === undefined) return []
  const { ts: at, fields: { policy_hash: hash, reason } } = record
  // A refused set has no hash: the record's is that of the set that stayed.
  if (event === 'policy.loaded') return [{ at, event: 'loaded', hash: textOf(hash), problems: [] }]
  return event === 'policy.rejected' ? [{ at, event: 'rejected', hash: null, problems: typeof reason === 'string' ? [reason] : [] }] : []
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
