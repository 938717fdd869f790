import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { comparePaths, type Comparison } from '../test/interop/paths/compare-paths.ts'
import { openReaders } from '../test/interop/paths/readers.ts'

/**
 * Asks servers of others how they read the paths that Postern accepts, and writes what they said into docs/security.md:
 * node scripts/prove-paths.ts --paths 20000. Needs nginx, haproxy, go and python3 on the PATH.
 */
const { values } = parseArgs({ options: { paths: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } } })
const readers = await openReaders()
const results: Comparison[] = []
try {
  for (const reader of readers) results.push(await comparePaths(reader, Number(values.paths), Number(values.seed)))
} finally {
  for (const reader of readers) await reader.close()
}
for (const { reader, asked, different } of results) {
  console.log(`${reader}: ${asked} paths, ${different.length} read differently`)
  for (const one of different.slice(0, 20)) console.log(`  ${one}`)
}
const rows = results.map(({ reader, version, asked, different }) => `| ${reader} | ${version} | ${asked.toLocaleString('en')} | ${different.length} |`)
write(`Of paths that the judgement accepts, made at random from what readers disagree about (escapes, dots, semicolons, separators, capitals, UTF-8), how each server reads them.
Read differently would be: a segment more or less, a dot segment, an escape decoded into a separator where none is marked opaque, a path cut off. Repeat it with
\`node scripts/prove-paths.ts\`; a part of it is in \`npm run test:interop\`.

| reader | version | paths | read differently |
|---|---|---|---|
${rows.join('\n')}
`)
process.exitCode = results.some(({ different }) => different.length > 0) ? 1 : 0

/** Replaces the section, or adds it before the scrub's. */
function write(text: string): void {
  const file = new URL('../docs/security.md', import.meta.url)
  const whole = readFileSync(file, 'utf8')
  const section = `## Paths, as others read them\n\n${text}\n`
  const there = /## Paths, as others read them\n[^]*?(?=\n## |$)/
  writeFileSync(file, there.test(whole) ? whole.replace(there, section.trimEnd() + '\n') : whole.replace('## The hostile agent', () => `${section}## The hostile agent`))
}
