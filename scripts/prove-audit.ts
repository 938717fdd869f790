import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { check, runKills, startWriter, told, type KillResult } from '../test/audit/support/kill-rounds.ts'
import { LogDirectory } from '../test/audit/support/log-directory.ts'

/**
 * Shows that no acknowledged audit record is lost or doubled and that the chain verifies, over some hundreds of SIGKILLs and on disks
 * that are full, and writes the figures to docs/proofs/audit.md. Arguments: kills (default 300).
 */
const KILLS = Number(process.argv[2] ?? 300)
const KILLS_PER_LOG = 15
const CONCURRENCIES = [1, 16, 256]

const startedMs = Date.now()
const kills = await proveKills()
const limit = await proveFileLimit()
const tmpfs = await proveFullDisk()
report()
if ([...kills, limit, ...(tmpfs === undefined ? [] : [tmpfs])].some((result) => result.wrong.length + result.problems.length > 0)) process.exitCode = 1

async function proveKills(): Promise<readonly KillResult[]> {
  const results: KillResult[] = []
  for (let done = 0; done < KILLS; done += KILLS_PER_LOG) {
    const concurrency = CONCURRENCIES[results.length % CONCURRENCIES.length] ?? 16
    results.push(await runKills(Math.min(KILLS_PER_LOG, KILLS - done), () => 5 + Math.random() * 250, concurrency))
    process.stdout.write(`${Math.min(done + KILLS_PER_LOG, KILLS)} kills\n`)
  }
  return results
}

/** A limit of the kernel on the file's size, lifted while the process runs: works without privileges. */
async function proveFileLimit(): Promise<KillResult> {
  using directory = new LogDirectory()
  const writer = await startWriter([directory.path, 'limit', '16', 'until-outage'], ['prlimit', `--fsize=${1024 * 1024}:unlimited`])
  const ended = once(writer, 'exit')
  await told(writer, 'refused')
  execFileSync('prlimit', ['--pid', String(writer.pid), '--fsize=unlimited:unlimited'])
  await ended
  return await checked(directory)
}

/** A file system of 2 MiB that something else fills, and then gives back; needs the right to mount. */
async function proveFullDisk(): Promise<KillResult | undefined> {
  using directory = new LogDirectory('small')
  const small = `${directory.path}/small`
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', small]).status !== 0) return undefined
  try {
    const ballast = `${small}/ballast`
    writeFileSync(ballast, Buffer.alloc(1024 * 1024))
    const writer = await startWriter([directory.path, 'disk', '16', 'until-outage', 'small'])
    const ended = once(writer, 'exit')
    await told(writer, 'refused')
    rmSync(ballast)
    await ended
    return await checked(directory)
  } finally {
    execFileSync('umount', [small])
  }
}

async function checked(directory: LogDirectory): Promise<KillResult> {
  const result: KillResult = { kills: 0, acknowledged: 0, records: 0, segments: 0, tornEnds: 0, wrong: [], problems: [] }
  await check(directory, result)
  return result
}

function report(): void {
  const text = `# Proof: no acknowledged audit record is lost

Made by \`npm run prove:audit\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Linux ${release().split('-')[0]}, ${availableParallelism()} cores,
${Math.round((Date.now() - startedMs) / 1000)} s. A small version of it runs with the tests (\`test/audit/crash.test.ts\`).

## SIGKILL under load

A process commits records at full speed (1, 16 or 256 at a time, with as many posted ones between them) and notes each one in a file as
soon as its commit has resolved. It is killed with SIGKILL 5 to 255 ms after it has opened the log, and the log is opened again; ${KILLS_PER_LOG} times
over one log, with segments of 256 KiB. After each restart every noted record must be in the log exactly once, and the whole chain, its
signatures and its head must verify.

${table(kills)}

- acknowledged records that were missing or doubled: **${sum(kills, (result) => result.wrong.length)}**
- problems that verification found: **${sum(kills, (result) => result.problems.length)}**
- restarts that found a torn last line, put it aside and recorded that: ${sum(kills, (result) => result.tornEnds)}

SIGKILL ends a process, not the kernel, and rarely tears a write: torn and unwritten ends are planted in \`test/audit/file-audit-log.test.ts\`.
What a power failure does to a disk that lies about \`fdatasync\` is not shown here.

## Disk full

The same process runs until its file cannot grow, refuses, gets room again, recovers without a restart and ends in order.

| | acknowledged | records in the log | missing or doubled | problems |
|---|---|---|---|---|
${row('limit on the file size (`RLIMIT_FSIZE`, EFBIG)', limit)}
${tmpfs === undefined ? '| file system of 2 MiB (ENOSPC) | not run: no right to mount | | | |' : row('file system of 2 MiB (ENOSPC)', tmpfs)}
`
  writeFileSync(new URL('../docs/proofs/audit.md', import.meta.url), text)
  process.stdout.write(text)
}

function table(results: readonly KillResult[]): string {
  return [
    '| | |',
    '|---|---|',
    `| kills | ${sum(results, (result) => result.kills)} |`,
    `| logs | ${results.length} |`,
    `| segments | ${sum(results, (result) => result.segments)} |`,
    `| records acknowledged | ${sum(results, (result) => result.acknowledged)} |`,
    `| records in the logs, posted ones and checkpoints included | ${sum(results, (result) => result.records)} |`,
  ].join('\n')
}

function row(name: string, result: KillResult): string {
  return `| ${name} | ${result.acknowledged} | ${result.records} | ${result.wrong.length} | ${result.problems.length} |`
}

function sum(results: readonly KillResult[], of: (result: KillResult) => number): number {
  return results.reduce((total, result) => total + of(result), 0)
}
