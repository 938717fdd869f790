import type { JSX } from 'preact'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import { Facts } from './facts.tsx'
import { Notice } from './notice.tsx'

/** What a revocation ended, and what it could not. */
export function RevocationReport({ report, title }: { readonly report: ReportView; readonly title: string }): JSX.Element {
  const dropped = report.credentials.filter(({ dropped: count }) => count > 0)
  return <Notice tone={report.left.length === 0 ? 'good' : 'warn'} title={title}>
    <Facts rows={[
      ['Delegations', count(report.delegations.length, 'ended')],
      ['Sessions', count(report.sessions.length, 'ended')],
      report.connections.length === 0 ? undefined : ['Connections', count(report.connections.length, 'ended')],
      ['Credentials', dropped.length === 0 ? 'none was alive' : dropped.map((each) => `${each.integration}: ${each.dropped} dropped, ${each.revoked_upstream} revoked there`).join('; ')],
      ['Open streams', count(report.streams_cut, 'cut')],
    ]} />
    {report.left.length > 0 && <><p class="notice-title">Left undone</p><ul>{report.left.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul></>}
    {!report.changed && <p>It was revoked before: nothing was done again.</p>}
  </Notice>
}

function count(size: number, verb: string): string {
  return size === 0 ? 'none' : `${size} ${verb}`
}
