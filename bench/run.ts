/**
 * The bench: Postern with everything on, beside all its peers, in one run, the proxy alone on one core. CPU time a request of the proxy is the main
 * figure; only the ratios within one run count.
 *
 *   npm run bench                                 every table; writes bench/results.json
 *   npm run bench -- --quick                      a small version of every table in under three minutes; writes nothing
 *   npm run bench -- --quick --only reverse       some tables: reverse, tls-upstream, …
 *   npm run bench -- --without squid,mitmproxy    without some peers
 *   npm run bench -- --rounds 3 --dist DIRECTORY  another number of rounds; another build
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { judged } from './goals.ts'
import { readOptions } from './options.ts'
import { printGoals, printTable } from './report.ts'
import { SECTIONS } from './sections/sections.ts'
import { round, type Row } from './measure.ts'
import { openWorld } from './world.ts'

const options = readOptions(process.argv.slice(2), join(import.meta.dirname, '..', 'dist'))
const sections = chosen(options.only)
const setUp = spawnSync('bash', [join(import.meta.dirname, 'set-up.sh'), ...options.without], { stdio: 'inherit' })
if (setUp.status !== 0) process.exit(1)

const tables: Record<string, readonly Row[]> = {}
const world = await openWorld(options)
try {
  for (const section of sections) {
    const begunMs = performance.now()
    const rows = (tables[section.name] = await section.measure(world))
    printTable(section, rows, (performance.now() - begunMs) / 1000)
  }
} finally {
  await world.close()
}
const goals = judged(tables)
printGoals(goals)
if (!options.quick && options.only.length === 0) {
  const machine = { node: process.version, loadAverage: loadavg().map((load) => round(load)), rounds: options.rounds }
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify({ machine, tables, goals }, null, 2)}\n`)
}
if (Object.values(tables).flat().some(({ problem }) => problem !== undefined)) process.exitCode = 1

function chosen(only: readonly string[]): typeof SECTIONS {
  const strays = only.filter((name) => !SECTIONS.some((section) => section.name === name))
  if (strays.length > 0) throw new TypeError(`there is no table ${strays.join(', ')}; there are ${SECTIONS.map(({ name }) => name).join(', ')}`)
  return only.length === 0 ? SECTIONS : SECTIONS.filter(({ name }) => only.includes(name))
}
