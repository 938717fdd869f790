import type { JSX } from 'preact'
import { address } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { filterWords, queryOf, type AuditFilter } from './audit-filter.ts'

/** Says what an export holds before it is taken: it is on record who did. */
export function ExportDialog({ filter, nowMs, onClose }: { readonly filter: AuditFilter; readonly nowMs: number; onClose(): void }): JSX.Element {
  return <Dialog title="Export these records" onClose={onClose}>
    <p>All matching records, newest first, one JSON object a line, each line as it stands in the chained file. Not the first page alone: everything that matches.</p>
    <p>Filter: <bdi>{filterWords(filter)}</bdi>.</p>
    <p class="muted">Who exported, when and with which filter goes into the audit too. A file that breaks off is not whole: the browser then says that the download failed.</p>
    <div class="actions">
      <a class="button button-accent" href={address('/v1/audit/export', queryOf(filter, nowMs))} download="audit.jsonl" onClick={onClose}>Download audit.jsonl</a>
      <button type="button" onClick={onClose}>Cancel</button>
    </div>
  </Dialog>
}
