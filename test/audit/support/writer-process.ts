import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { FileAuditLog } from '../../../src/audit/file-audit-log.ts'
import { loadOrCreateSigningKey } from '../../../src/audit/signing-key.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { callEvent } from './event.ts'

/**
 * Commits records at full speed until it is killed, and notes each one in `acknowledged` once its commit has resolved (appended by a
 * plain write, which survives the process). Arguments: directory, label of the run, concurrency; `until-outage`, to end
 * once an outage has come and gone; the log's own directory under the first.
 */
const [directory = '', label = '', concurrency = '8', ending, logDirectory = ''] = process.argv.slice(2)
const acknowledged = openSync(`${directory}/acknowledged`, 'a', 0o600)
const log = await FileAuditLog.open({
  file: join(directory, logDirectory, 'audit.jsonl'),
  mode: 'strict',
  signingKey: loadOrCreateSigningKey(`${directory}/audit.key`),
  clock: systemClock,
  maxSegmentBytes: ending === undefined ? 256 * 1024 : undefined,
  checkpointEveryRecords: 100,
  checkpointEveryMs: 20,
  lingerMs: 2,
  retryMs: { first: 5, longest: 20 },
})
const progress = { next: 0, ended: false }

process.stdout.write('open\n')
log.onRecord(({ event }) => {
  if (ending === undefined || event !== 'admin.audit_recovered') return
  progress.ended = true
  process.stdout.write('recovered\n')
})

await Promise.all(Array.from({ length: Number(concurrency) }, commitForEver))
await log.close()
process.stdout.write('closed\n')

async function commitForEver(): Promise<void> {
  while (!progress.ended) {
    const id = `${label}-${progress.next++}`
    log.post(callEvent(`posted-${id}`))
    try {
      await log.commit(callEvent(id))
      writeSync(acknowledged, `${id}\n`)
    } catch {
      process.stdout.write('refused\n')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
