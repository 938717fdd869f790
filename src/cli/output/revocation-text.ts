import { terminalText } from '../../audit/terminal-text.ts'
import type { ReportView } from '../../authority/admin/wire/report.ts'

/** What a revocation did, in plain words: what was revoked where, and what is left. Pure. */
export function revocationText(report: ReportView): string {
  const lines = [
    report.changed ? `${report.revoked} is revoked.` : `${report.revoked} was revoked before: nothing was done again.`,
    ...ended('delegation', report.delegations),
    ...ended('session', report.sessions),
    ...ended('connection', report.connections),
    ...report.credentials.map(credentialText),
    ...(report.streams_cut > 0 ? [`  ${counted(report.streams_cut, 'open stream')} cut`] : []),
    ...report.left.map((left) => `  not done: ${left}`),
  ]
  return `${lines.map(terminalText).join('\n')}\n`
}

function ended(what: string, ids: readonly string[]): readonly string[] {
  return ids.length === 0 ? [] : [`  ${counted(ids.length, what)} ended: ${ids.join(' ')}`]
}

function credentialText({ integration, dropped, revoked_upstream: upstream }: ReportView['credentials'][number]): string {
  const rest = dropped - upstream
  const there = upstream === dropped ? 'revoked there, too' : `${upstream} revoked there, too; ${rest} will not be used again, and ${rest === 1 ? 'ends' : 'end'} there by time`
  return `  ${integration}: ${counted(dropped, 'credential')} dropped, ${there}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
