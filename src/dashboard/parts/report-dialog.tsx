import type { JSX } from 'preact'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import { Dialog } from './dialog.tsx'
import { RevocationReport } from './revocation-report.tsx'

export interface ReportDialogProps {
  /** `PR Reviewer is revoked`. */
  readonly title: string
  readonly report: ReportView
  onClose(): void
}

/** What a revocation ended, after it was done. Not within what it ended: that goes, and would take this with it. */
export function ReportDialog({ title, report, onClose }: ReportDialogProps): JSX.Element {
  return <Dialog title={title} onClose={onClose}>
    <RevocationReport report={report} title={report.left.length === 0 ? 'It is in force' : 'It is in force; not everything could be ended elsewhere'} />
    <div class="actions"><button type="button" class="button-accent" onClick={onClose}>Close</button></div>
  </Dialog>
}
