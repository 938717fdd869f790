import { readFileSync } from 'node:fs'
import { headFileOf, readHead } from '../../src/audit/head-file.ts'
import { parseRecord, type ReadRecord } from '../../src/audit/record.ts'
import { fullSegments } from '../../src/audit/segments.ts'
import { loadOrCreateSigningKey } from '../../src/audit/signing-key.ts'
import { verifyFiles } from '../../src/audit/verify.ts'
import type { Approval } from './approval.ts'
import type { KillReport } from './kill-report.ts'

/** Verifies the chain, and looks in it for everything that anybody was told. @param file of no process at the moment */
export async function checkAudit(file: string, keyFile: string, approvals: readonly Approval[], report: KillReport): Promise<void> {
  const files = [...fullSegments(file), file]
  const key = loadOrCreateSigningKey(keyFile)
  const { problems } = await verifyFiles(files, { keys: [key.verifyKey], head: readHead(headFileOf(file)), anchor: undefined, beginsAt: 1 })
  for (const { line, problem } of problems) report.wrong.push(`the audit does not verify: line ${line}: ${problem}`)
  const records = files.flatMap((each) => readFileSync(each, 'utf8').split('\n')).map(parseRecord).filter((record) => record !== undefined)
  report.auditRecords = records.length
  report.auditLooked = 0
  const counted = countByDelegation(records)
  for (const approval of approvals) checkApproval(approval, (event) => counted.get(`${event} ${approval.delegation}`) ?? 0, report)
  checkCredentials(records, report)
}

function checkApproval(approval: Approval, count: (event: string) => number, report: KillReport): void {
  const { granted, revoked, tokens, standIns, calls } = approval
  const expected: readonly (readonly [string, number])[] = [
    ['delegation.granted', granted === 'done' ? 1 : 0], ['delegation.revoked', revoked === 'done' ? 1 : 0],
    ['token.issued', tokens + standIns], ['api.started', calls],
  ]
  for (const [event, least] of expected) {
    report.auditLooked += least
    if (count(event) < least) report.wrong.push(`${least} ${event} were told, and ${count(event)} are on record`)
  }
}

/** What was placed on a request has the line of its issuance, earlier in the chain. */
function checkCredentials(records: readonly ReadRecord[], report: KillReport): void {
  const issued = new Set<unknown>()
  for (const { event, fields } of records) {
    const credential = fields['credential']
    if (event === 'credential.issued') issued.add(credential)
    else if (event === 'api.started' && credential !== undefined) {
      report.auditLooked += 1
      if (!issued.has(credential)) report.wrong.push('a credential was used that has no line of its issuance')
    }
  }
}

function countByDelegation(records: readonly ReadRecord[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>()
  for (const { event, fields } of records) {
    if (fields['outcome'] !== 'ok' && event !== 'delegation.revoked' && event !== 'api.started') continue
    const name = `${event} ${String(fields['delegation'])}`
    counted.set(name, (counted.get(name) ?? 0) + 1)
  }
  return counted
}
