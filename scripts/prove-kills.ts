import { writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { type KillReport, runKills } from '../test/store/kills/run-kills.ts'

/**
 * Shows that the embedded store loses nothing that it acknowledged, brings nothing back that had ended and shows no secret, over some
 * hundreds of SIGKILLs, and writes the figures to docs/proofs/kills.md. Arguments: kills (default 200).
 */
const KILLS = Number(process.argv[2] ?? 200)
const KILLS_PER_STORE = 10
const KILL_WITHIN_MS = 600

const startedMs = Date.now()
const reports: KillReport[] = []
for (let done = 0; done < KILLS; done += KILLS_PER_STORE) {
  reports.push(await runKills(Math.min(KILLS_PER_STORE, KILLS - done), () => 5 + Math.random() * KILL_WITHIN_MS))
  process.stderr.write(`${Math.min(done + KILLS_PER_STORE, KILLS)} of ${KILLS} kills\n`)
}
report()

function report(): void {
  const wrong = reports.flatMap((one) => one.wrong)
  const leaks = reports.flatMap((one) => one.leaks)
  const text = `# Proof: no delegation is lost, none resurrected, no secret in the file

Made by \`npm run prove:kills\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Linux ${release().split('.').slice(0, 2).join('.')}, ${availableParallelism()} cores,
${Math.round((Date.now() - startedMs) / 1000)} s. A small version of it runs with the tests (\`test/store/kills.test.ts\`).

A process uses the embedded store at full speed, sixteen steps at a time: it grants and ends delegations, starts and ends sessions, stores
tokens, shows each of them three times at once so that they are consumed and followed by one successor, and refreshes a connection; in every
second round it replaces the store's keys on the way. It says each step before and after on its standard output. It is killed with SIGKILL 5
to ${KILL_WITHIN_MS + 5} ms after it has opened the store, ${KILLS_PER_STORE} times over one store. After each kill the files, write-ahead log included, are searched for the
canary that begins every secret (plain, hex, base64 at all alignments, UTF-16); then the store is opened, checked for damage, and held
against all that the processes said. What was begun and not acknowledged may have been done or not; what is seen after the kill stays so.

${table()}

- what was acknowledged and is lost, what had ended and is back, what is there by half or twice: **${wrong.length}**
- files in which a secret was found: **${leaks.length}**

SIGKILL ends a process, not the kernel. What a power failure does to a disk that lies about \`fsync\` is not shown here; the store waits for it at
every commit (\`synchronous = FULL\`).
${[...new Set(wrong)].slice(0, 20).map((line) => `\n- ${line}`).join('')}`
  writeFileSync(new URL('../docs/proofs/kills.md', import.meta.url), `${text.trimEnd()}\n`)
  process.stdout.write(text)
  if (wrong.length + leaks.length > 0) process.exitCode = 1
}

function table(): string {
  const rows: readonly (readonly [string, (one: KillReport) => number])[] = [
    ['kills', (one) => one.kills],
    ['stores', () => 1],
    ['steps acknowledged', (one) => one.acknowledged],
    ['delegations granted', (one) => one.delegations],
    ['of these ended', (one) => one.ended],
    ['further sessions', (one) => one.sessions],
    ['tokens stored and consumed', (one) => one.records],
    ['successors, one of each token at most', (one) => one.successors],
    ['refreshes of the connection', (one) => one.refreshes],
    ['replacements of the keys that were complete', (one) => one.keyChanges],
    ['replacements of the keys that the kill cut off', (one) => one.keyChangesCut],
    ['steps begun and not acknowledged at a kill: found done', (one) => one.unacknowledgedDone],
    ['steps begun and not acknowledged at a kill: found not done', (one) => one.unacknowledgedUndone],
  ]
  return ['| | |', '|---|---|', ...rows.map(([name, of]) => `| ${name} | ${reports.reduce((sum, one) => sum + of(one), 0)} |`)].join('\n')
}
