import type { ReportView } from '../../authority/admin/wire/report.ts'

/** What several revocations did together, told as one. Pure. @param revoked what they amount to: an agent's id */
export function mergeReports(revoked: string, reports: readonly ReportView[]): ReportView {
  const credentials = new Map<string, ReportView['credentials'][number]>()
  for (const each of reports.flatMap((report) => report.credentials)) {
    const before = credentials.get(each.integration)
    credentials.set(each.integration, {
      integration: each.integration, dropped: (before?.dropped ?? 0) + each.dropped, revoked_upstream: (before?.revoked_upstream ?? 0) + each.revoked_upstream,
    })
  }
  const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())]
  return {
    revoked,
    changed: reports.some(({ changed }) => changed),
    delegations: union(reports.map((report) => report.delegations)),
    sessions: union(reports.map((report) => report.sessions)),
    connections: union(reports.map((report) => report.connections)),
    credentials: [...credentials.values()],
    streams_cut: reports.reduce((sum, report) => sum + report.streams_cut, 0),
    left: union(reports.map((report) => report.left)),
  }
}
