import type { OpenItems } from './open-items.ts'
import { terminalText } from './terminal-text.ts'
import type { ChainReport } from './verify-chain.ts'

const MAX_LISTED = 20

/** The report for people: one `file:line: kind: what` a problem, then what has no end, then where the log ends. */
export function reportText(report: ChainReport, headKnown: boolean): string {
  const lines = report.problems.map(({ file, line, kind, problem }) => `${terminalText(file)}:${line}: ${kind}: ${terminalText(problem)}`)
  if (report.furtherProblems > 0) lines.push(`… and ${report.furtherProblems} more`)
  lines.push(...openLines(report.unmatchedStarts, 'api.started without an end', 'exchange'))
  lines.push(...openLines(report.openCredentials, 'info: credential.issued, not told expired or revoked', 'credential'))
  return `${[...lines, ...summary(report, headKnown)].join('\n')}\n`
}

/** The same facts as one JSON document. */
export function reportJson(report: ChainReport, headKnown: boolean): string {
  const { unmatchedStarts, openCredentials, last, ...facts } = report
  const items = (open: OpenItems) => ({ count: open.list().length + open.givenUp, items: open.list() })
  return `${JSON.stringify({
    ok: report.problems.length === 0,
    ...facts,
    last_seq: last.seq,
    last_hash: last.hash,
    head: headKnown,
    unmatched_starts: items(unmatchedStarts),
    open_credentials: items(openCredentials),
  })}\n`
}

function openLines(open: OpenItems, what: string, kind: string): readonly string[] {
  const items = open.list()
  const lines = items.slice(0, MAX_LISTED).map(({ file, line, id }) => `${terminalText(file)}:${line}: ${what} (${kind} ${terminalText(id)})`)
  const more = items.length + open.givenUp - lines.length
  return more > 0 ? [...lines, `… and ${more} more: ${what}`] : lines
}

function summary(report: ChainReport, headKnown: boolean): readonly string[] {
  const { problems, furtherProblems, records, firstSeq, last, signedSeq } = report
  const count = problems.length + furtherProblems
  const verdict = count === 0 ? 'ok' : `NOT OK, ${count} ${count === 1 ? 'problem' : 'problems'}`
  const unsigned = last.seq - signedSeq
  return [
    `${verdict}: ${records} records, ${firstSeq} to ${last.seq}, signed up to ${signedSeq}`,
    ...(unsigned > 0 && count === 0 ? [`the last ${unsigned} records are chained but not signed yet`] : []),
    ...(headKnown ? [] : ['no head file: records cut from the end back to a checkpoint would not be noticed']),
    `to be noted elsewhere, for --expect-head: ${last.seq}:${last.hash}`,
  ]
}
