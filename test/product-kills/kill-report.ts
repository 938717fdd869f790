/** What some kills of the whole product showed. */
export interface KillReport {
  kills: number
  /** Of these, before the process was ready. */
  killsAtStart: number
  /** Starts that the product refused on a machine too busy to read its policies in time, and that were made again. */
  startedAgain: number
  seconds: number
  approvals: number
  redemptions: number
  refreshes: number
  exchanges: number
  secrets: number
  calls: number
  revocations: number
  /** Begun and not acknowledged when the kill came: found done after it, or not. */
  readonly approvalsCut: { done: number, undone: number }
  readonly revocationsCut: { done: number, undone: number }
  /** Refreshes whose answer the kill took: shown again after it, and answered. */
  refreshesCut: number
  /** Of these, those that waited for the dead attempt's lease. */
  takenOver: number
  /** Redemptions whose answer the kill took: the code was good still, or was used up. */
  readonly redemptionsCut: { done: number, usedUp: number }
  /** After a kill: sessions that went on by refresh, stand-in tokens and session secrets that were good still, what stayed refused. */
  continued: number
  stayedRefused: number
  /** Sessions of agents that were told a refresh token and could not go on with it. */
  lost: number
  /** Refreshes whose answer the kill took, and that were shown again only after the window for that: refused by design. */
  late: number
  auditRecords: number
  /** Acknowledged issuances, calls, approvals and revocations that were looked for in the audit. */
  auditLooked: number
  secretsSearched: number
  bytesSearched: number
  /** Must be empty. */
  readonly wrong: string[]
  readonly leaks: string[]
}

export function emptyKillReport(): KillReport {
  return {
    kills: 0, killsAtStart: 0, startedAgain: 0, seconds: 0, approvals: 0, redemptions: 0, refreshes: 0, exchanges: 0, secrets: 0, calls: 0, revocations: 0,
    approvalsCut: { done: 0, undone: 0 }, revocationsCut: { done: 0, undone: 0 }, refreshesCut: 0, takenOver: 0, redemptionsCut: { done: 0, usedUp: 0 },
    continued: 0, stayedRefused: 0, lost: 0, late: 0, auditRecords: 0, auditLooked: 0, secretsSearched: 0, bytesSearched: 0, wrong: [], leaks: [],
  }
}

/** What several lanes showed together. */
export function joinedReports(reports: readonly KillReport[]): KillReport {
  const joined = emptyKillReport()
  for (const report of reports) {
    for (const name of COUNTS) joined[name] += report[name]
    joined.seconds = Math.max(joined.seconds, report.seconds)
    for (const cut of ['approvalsCut', 'revocationsCut'] as const) {
      joined[cut].done += report[cut].done
      joined[cut].undone += report[cut].undone
    }
    joined.redemptionsCut.done += report.redemptionsCut.done
    joined.redemptionsCut.usedUp += report.redemptionsCut.usedUp
    joined.wrong.push(...report.wrong)
    joined.leaks.push(...report.leaks)
  }
  return joined
}

const COUNTS = [
  'kills', 'killsAtStart', 'startedAgain', 'approvals', 'redemptions', 'refreshes', 'exchanges', 'secrets', 'calls', 'revocations', 'refreshesCut', 'takenOver', 'continued',
  'stayedRefused', 'lost', 'late', 'auditRecords', 'auditLooked', 'secretsSearched', 'bytesSearched',
] as const
