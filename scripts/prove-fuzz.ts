import { writeFileSync, readFileSync, existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { BlockCoverage } from '../test/fuzz/block-coverage.ts'
import { keepInCorpus, readCorpus } from '../test/fuzz/corpus-files.ts'
import { fuzz, type FuzzResult } from '../test/fuzz/fuzz.ts'
import { TARGETS } from '../test/fuzz/targets.ts'

const HEAD = `# Fuzzing

What \`node scripts/prove-fuzz.ts --target NAME --seconds N\` found in its latest run of each target, in an ordinary process on one core. Inputs are changed at random (bytes, words of the
target, cases, escapes, other inputs spliced in); V8's block coverage says which of them reach code that nothing reached before, and those are built upon. What has to hold is written in
\`test/fuzz/*-target.ts\`; a shorter run of each with a fixed seed is part of \`npm test\`. An input that breaks something is printed, and the run ends with 1.

Coverage is of the files that the target names, by characters of source text that ran, functions within not counted twice.

| target | seconds | executions | inputs to begin with | new inputs kept | functions reached | source reached | findings |
|---|---|---|---|---|---|---|---|
`

/**
 * Fuzzes one target for a time, guided by V8's block coverage, and writes its line into docs/proofs/fuzz.md:
 * node scripts/prove-fuzz.ts --target headers --seconds 60. Every target runs in a process of its own, since coverage begins before it is loaded.
 */
const { values } = parseArgs({ options: { target: { type: 'string' }, seconds: { type: 'string', default: '60' }, seed: { type: 'string',
  default: String(Date.now() % 1_000_000) }, keep: { type: 'boolean', default: false } } })
const name = values.target ?? ''
const load = TARGETS[name]
if (load === undefined) throw new Error(`--target is one of ${Object.keys(TARGETS).join(', ')}`)

const coverage = new BlockCoverage((url) => /\/src\/(?:http|proxy|egress|integrations|lib|model)\//.test(url))
const target = await load()
coverage.look(true)
const endsAtMs = performance.now() + Number(values.seconds) * 1_000
const seconds = Number(values.seconds)
const corpus = readCorpus(name)
const result = fuzz(target, { corpus, seed: Number(values.seed), goesOn: () => performance.now() < endsAtMs, coverage })
const reached = coverage.reached((url) => target.covers.some((place) => url.includes(`/${place}`)))
coverage.end()
if (values.keep) keepInCorpus(name, result.added)

const line = `| ${name} | ${seconds} | ${result.executions.toLocaleString('en')} | ${corpus.length + target.seeds.length} | ${result.added.length} | ${reached.functionsReached} of ${reached.functions} | ${share(reached.charactersReached, reached.characters)} | ${result.findings.length} |`
console.log(line)
for (const { what, input } of result.findings) console.log(`finding: ${what}\n  ${JSON.stringify(input.toString('latin1'))}`)
writeLine(line, result)
process.exitCode = result.findings.length === 0 ? 0 : 1

function share(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`
}

/** One row a target, replaced by its latest run. */
function writeLine(row: string, { findings }: FuzzResult): void {
  if (findings.length > 0) return
  const file = new URL('../docs/proofs/fuzz.md', import.meta.url)
  const text = existsSync(file) ? readFileSync(file, 'utf8') : HEAD
  const rows = text.split('\n').filter((one) => one.startsWith('| ') && !one.startsWith('| target') && !one.startsWith(`| ${name} |`))
  writeFileSync(file, `${HEAD}${[...rows, row].toSorted().join('\n')}\n`)
}
