import { writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { joinedReports, type KillReport } from '../test/product-kills/kill-report.ts'
import { runProductKills, type Kill } from '../test/product-kills/run-product-kills.ts'

/**
 * Shows that the whole product loses no delegation and no session to SIGKILL, brings none back and leaves no secret in its files, and writes
 * the figures to docs/proofs/kills-product.md. Arguments: kills (default 200).
 */
const KILLS = Number(process.argv[2] ?? 200)
/** Side by side, each with a product of its own: most of a round is waiting. */
const LANES = Math.min(3, KILLS)
const WORK_WITHIN_MS = 2_000
const START_WITHIN_MS = 2_500
const START_EVERY = 5

const startedMs = Date.now()
let done = 0
const lanes = Array.from({ length: LANES }, (_, lane) => runProductKills(Math.floor(KILLS / LANES) + (lane < KILLS % LANES ? 1 : 0), killAt, told))
const total = joinedReports(await Promise.all(lanes))
report()
if (total.wrong.length + total.leaks.length > 0) process.exitCode = 1

function killAt(kill: number): Kill {
  return kill % START_EVERY === START_EVERY - 1 ? { at: 'start', afterMs: Math.random() * START_WITHIN_MS } : { at: 'ready', afterMs: Math.random() * WORK_WITHIN_MS }
}

function told(): void {
  done += 1
  process.stderr.write(`${done} of ${KILLS} kills\n`)
}

function report(): void {
  const text = `# Proof: the whole product loses no delegation to a kill

Made by \`node scripts/prove-kills-product.ts\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Linux ${release().split('.').slice(0, 2).join('.')}, ${availableParallelism()} cores,
${Math.round((Date.now() - startedMs) / 1000)} s. A small version of it runs with the tests (\`test/product-kills/kills.test.ts\`). The store alone is in [kills.md](kills.md).

\`postern start\` runs as a process of its own, on the embedded store, with strict audit, before stand-ins of its upstreams that live on (${LANES} such
worlds side by side). Two people approve on the consent page and take back on theirs; agents redeem codes, refresh, exchange their tokens for
stand-in tokens and session secrets, and call GitHub through the proxy with each of them: ten such loops at once. Each step is noted before it is
begun and when its answer has come. The process is killed with SIGKILL 0 to ${WORK_WITHIN_MS} ms after it was ready and checked, or, each fifth time, 0 to
${START_WITHIN_MS} ms after it was started. After each kill:

- **Files**, as the kill left them, write-ahead log included: the store's, the audit's and the operational log are searched for every secret so far
  (plain, hex, base64 at all alignments, percent, UTF-16): the upstreams' secrets, refresh tokens, codes, session secrets, signatures of tokens,
  cookies of all browsers.
- **Delegations**, once it is started again, as an operator's browser lists them that signed in before the first kill: each acknowledged approval is there once
  and active unless it was taken back; each acknowledged revocation stands; nothing is there that nobody approved. What was begun and not
  acknowledged may have been done or not; what is seen after the kill has to stay so.
- **Sessions**: every agent goes on with what it was told last. Its access token, stand-in token and session secret work; then it refreshes, and
  the new token works. Where the kill took the answer of a refresh, the agent shows the same refresh token again and must be answered: with the
  successor that was stored, or, where the killed process had used the token up and stored none, after that attempt's lease of 10 s. A session
  counts as lost where an agent that was ever told a refresh token is refused, unless it came back later than the window for lost answers is
  open (20 s), since it cannot be told from a thief then; that is counted apart.
- **Revoked**: access token, stand-in token and session secret of what was taken back are refused at the proxy, its refresh token at the authority.
- After each 25 kills, and at the end, the product is ended in order and its **audit** is verified and read: as many \`delegation.granted\`,
  \`delegation.revoked\`, \`token.issued\` and \`api.started\` as were acknowledged, delegation by delegation; and before every \`api.started\` the \`credential.issued\` of its credential.

A code whose redemption was cut off may have been used up: it is good once (RFC 6749 section 4.1.2), and the agent, which was told no token, asks the
person again. Its delegation stands all the same until it is taken back.

${table()}

- delegations lost, resurrected or doubled, sessions lost, revoked tokens that worked, records missing: **${total.wrong.length}**
- sessions lost: **${total.lost}**
- files in which a secret was found: **${total.leaks.length}**
${[...new Set([...total.wrong, ...total.leaks])].slice(0, 20).map((line) => `\n- ${line}`).join('')}`
  writeFileSync(new URL('../docs/proofs/kills-product.md', import.meta.url), `${text.trimEnd()}\n`)
  process.stdout.write(text)
}

function table(): string {
  const rows: readonly (readonly [string, (one: KillReport) => number | string])[] = [
    ['kills', ({ kills }) => kills],
    ['of these before the process was ready', ({ killsAtStart }) => killsAtStart],
    ['starts refused since the machine was too busy to read the policies in time, and made again', ({ startedAgain }) => startedAgain],
    ['approvals acknowledged', ({ approvals }) => approvals],
    ['approvals begun and cut off: found done, found not done', ({ approvalsCut }) => `${approvalsCut.done}, ${approvalsCut.undone}`],
    ['codes redeemed', ({ redemptions }) => redemptions],
    ['redemptions cut off: the code was still good, was used up', ({ redemptionsCut }) => `${redemptionsCut.done}, ${redemptionsCut.usedUp}`],
    ['refreshes acknowledged', ({ refreshes }) => refreshes],
    ['refreshes cut off, and answered after the kill', ({ refreshesCut, late, lost }) => refreshesCut - late - lost],
    ['of these after the dead attempt’s lease', ({ takenOver }) => takenOver],
    ['refreshes cut off, and shown again after the window', ({ late }) => late],
    ['exchanges acknowledged, session secrets acknowledged', ({ exchanges, secrets }) => `${exchanges}, ${secrets}`],
    ['calls acknowledged', ({ calls }) => calls],
    ['revocations acknowledged', ({ revocations }) => revocations],
    ['revocations begun and cut off: found done, found not done', ({ revocationsCut }) => `${revocationsCut.done}, ${revocationsCut.undone}`],
    ['after a kill: sessions that went on by refresh', ({ continued }) => continued],
    ['after a kill: revoked delegations that stayed refused', ({ stayedRefused }) => stayedRefused],
    ['audit records, verified', ({ auditRecords }) => auditRecords],
    ['lines of the audit that had to be there', ({ auditLooked }) => auditLooked],
    ['secrets searched for', ({ secretsSearched }) => secretsSearched],
    ['MiB searched', ({ bytesSearched }) => Math.round(bytesSearched / 1024 / 1024)],
  ]
  return ['| | |', '|---|---|', ...rows.map(([name, of]) => `| ${name} | ${of(total)} |`)].join('\n')
}
