import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../test/house/source-tree.ts'
import type { Tally } from '../test/corpus/tally.ts'

/**
 * Sends every case of the raw corpora through every door, and writes how they ended to docs/proofs/corpus.md: npm run prove:corpus.
 * What has to hold is in the tests themselves; where one fails, so does this, and nothing is written.
 */
interface Report {
  readonly numTotalTests: number
  readonly testResults: readonly { readonly name: string; readonly startTime: number; readonly endTime: number; readonly assertionResults: readonly Assertion[] }[]
}

interface Assertion {
  readonly title: string
  readonly ancestorTitles: readonly string[]
  readonly meta: { readonly tally?: Tally }
}

const report = run()
const sent = report.testResults.flatMap(({ assertionResults }) => assertionResults.flatMap(({ meta }) => (meta.tally === undefined ? [] : [meta.tally])))
const answers = report.testResults.flatMap(({ assertionResults }) => assertionResults.flatMap(({ title, ancestorTitles }) => answersIn(title, ancestorTitles[0] ?? '')))
const seconds = Math.round(report.testResults.reduce((sum, { startTime, endTime }) => sum + (endTime - startTime), 0) / 1_000)
const text = `# The raw corpora, through every door

Written by \`npm run prove:corpus\`: ${report.numTotalTests} tests of \`test/corpus\`, all passed, in ${seconds} s; Node ${process.versions.node} with llhttp ${String(process.versions['llhttp'])} and nghttp2 ${String(process.versions['nghttp2'])}. What has to hold of each case
stands in [Security](../security.md#raw-corpus). Taken: sent on, as exactly the one request that it was to be. Refused: answered by us. Cut: the stream reset or the connection ended, without an answer.

Requests of HTTP/1.1 came by base URL, in absolute form and inside a tunnel; those of HTTP/2 (\`h2\`) at the listener with TLS and inside a tunnel, each to an upstream that speaks HTTP/1.1 and to one that speaks HTTP/2.

| requests | kinds | cases | taken | refused | cut |
|---|---|---|---|---|---|
${[...sent, totalOf(sent)].map(({ family, kinds, cases, taken, refused, cut }) => `| ${family} | ${[kinds, cases, taken, refused, cut].map((count) => count.toLocaleString('en')).join(' | ')} |`).join('\n')}

| answers of upstreams | sent |
|---|---|
${answers.map(({ what, count }) => `| ${what} | ${count} |`).join('\n')}
`
writeFileSync(join(root, 'docs', 'proofs', 'corpus.md'), text)
console.log(text)

function run(): Report {
  const directory = mkdtempSync(join(tmpdir(), 'postern-corpus-'))
  const file = join(directory, 'report.json')
  try {
    execFileSync(join(root, 'node_modules', '.bin', 'vitest'), ['run', 'test/corpus', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      { cwd: root, env: { ...process.env, CI: '1', POSTERN_CORPUS: 'all' }, stdio: 'inherit' })
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function totalOf(tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0)
  return { family: 'all', kinds: sum(({ kinds }) => kinds), cases: sum(({ cases }) => cases), taken: sum(({ taken }) => taken), refused: sum(({ refused }) => refused), cut: sum(({ cut }) => cut) }
}

/** Tests of answers say in their titles how many there are. */
function answersIn(title: string, suite: string): readonly { readonly what: string; readonly count: number }[] {
  const [, family, count] = /^(.+): (\d+) answers$/.exec(title) ?? []
  return family === undefined ? [] : [{ what: `${family}, ${suite.includes('client of our own') ? 'to the client by itself' : 'through the product'}`, count: Number(count) }]
}
