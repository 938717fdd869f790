import { writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import type { RaceReport } from '../test/oauth/races/race-report.ts'
import { runRaces } from '../test/oauth/races/run-races.ts'

/**
 * Shows that of all who show one refresh token at once, in one process or in two, one makes its successor, and writes the figures to
 * docs/proofs/refresh.md. Arguments: races on each store (default 10000).
 */
const RACES = Number(process.argv[2] ?? 10_000)
const REQUESTS = 4
const TOGETHER = 12
const REPEAT_EVERY = 20
const REPLAY_EVERY = 50

const startedMs = Date.now()
const sqlite = await run('sqlite')
const redis = await run('redis')
report()
if (sqlite.wrong.length + redis.wrong.length > 0) process.exitCode = 1

function run(store: 'sqlite' | 'redis'): Promise<RaceReport> {
  const told = (done: number): void => {
    if (done % 500 === 0) process.stderr.write(`${store}: ${done} of ${RACES} races\n`)
  }
  return runRaces({ store, races: RACES, requests: REQUESTS, together: TOGETHER, repeatEvery: REPEAT_EVERY, replayEvery: REPLAY_EVERY, onRace: told })
}

function report(): void {
  const wrong = [...sqlite.wrong, ...redis.wrong]
  const text = `# Proof: a refresh token has one successor

Made by \`npm run prove:refresh\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Linux ${release().split('.').slice(0, 2).join('.')}, ${availableParallelism()} cores,
${Math.round((Date.now() - startedMs) / 1000)} s. A small version of it runs with the tests (\`test/oauth/races.test.ts\`).

The whole product runs as processes of its own (\`postern start\`, strict audit): on the embedded store one, on a real Redis
(\`appendonly yes\`, \`appendfsync everysec\`) two, which share it. People approve on the consent page; then ${TOGETHER} sessions race at the same time. A race is
one refresh token shown by ${REQUESTS} requests at once, each on a connection of its own, on Redis half of them at each process. Each race is for the
successor that the race before brought, so that every successor is used.

- Every request of a race must be answered with a token, and all of them with the same new refresh token.
- After one race in ${REPEAT_EVERY} the token is shown again, as by a client that never got its answer: it must be told the same successor.
- After one race in ${REPLAY_EVERY} the token of the race before is shown again, by two at once, its successor having been used: no answer may hold a token, and at
  every process the session's last refresh token and its access token must be good no more.
- At the end each session that was not replayed must be refreshed once more at each process.
- Then the processes are ended, and the store's tokens are counted: one good token a session, no other, and as many tokens with a successor
  as successors were told.

${table()}

- races with none or two successors, successors that did not work, sessions lost, replays that were answered: **${wrong.length}**
${[...new Set(wrong)].slice(0, 20).map((line) => `\n- ${line}`).join('')}`
  writeFileSync(new URL('../docs/proofs/refresh.md', import.meta.url), `${text.trimEnd()}\n`)
  process.stdout.write(text)
}

function table(): string {
  const rows: readonly (readonly [string, (one: RaceReport) => string | number])[] = [
    ['races', (one) => one.races],
    ['requests in them', (one) => one.requests],
    ['of the races, all requests were under way before the first was answered', (one) => one.overlapping],
    ['races with exactly one successor', (one) => one.successors],
    ['lost answers: shown again, told the same successor', (one) => one.repeats],
    ['replays: refused, the session ended', (one) => one.replays],
    ['sessions', (one) => one.sessions],
    ['sessions that run at the end, each with a successor that works', (one) => one.alive],
    ['good tokens in the store at the end', (one) => one.goodTokens],
    ['tokens with a successor in the store at the end (those of sessions that run)', (one) => one.succeededTokens],
    ['seconds', (one) => Math.round(one.seconds)],
    ['requests a second', (one) => Math.round(one.requests / one.seconds)],
  ]
  const lines = rows.map(([name, of]) => `| ${name} | ${of(sqlite)} | ${of(redis)} |`)
  return ['| | SQLite, one process | Redis, two processes |', '|---|---|---|', ...lines].join('\n')
}
