/**
 * Reverse mode on one core, side by side in one run: Postern with everything on, a bare undici pass-through, and bare http-proxy-3.
 * CPU time a request of the proxy process is the main figure; only the ratios within one run count.
 *
 *   npm run bench            writes bench/results.json
 *   npm run bench -- --quick one short round, prints only
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contenders, type Contender } from './contenders.ts'
import { cpuUs, freePort, load, needWrk, residentMb, start, type Load } from './processes.ts'

const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 1 : 5
const SECONDS = quick ? 3 : 6
const WARM_UP_SECONDS = quick ? 2 : 4
const CONNECTIONS = 64

interface Measure extends Load {
  readonly name: string
  readonly cpuUsPerRequest: number
  readonly residentMb: number
}

needWrk()
const directory = mkdtempSync(join(tmpdir(), 'postern-bench-'))
const upstreamPort = await freePort()
const upstream = await start('other', [process.execPath, join(import.meta.dirname, 'upstream.ts'), String(upstreamPort)], upstreamPort)
try {
  const all = await contenders(directory, upstreamPort)
  const measures: Measure[] = []
  // Round by round, so that a slow minute of the machine falls on all of them.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of all) measures.push(await measure(contender))
  }
  report(measures)
} finally {
  await upstream.stop()
  rmSync(directory, { recursive: true, force: true })
}

async function measure(contender: Contender): Promise<Measure> {
  const running = await start('proxy', contender.command, contender.port)
  const pid = running.child.pid ?? 0
  try {
    // The compiler's own work is not the proxy's: all are measured warm.
    await load(contender.url, CONNECTIONS, WARM_UP_SECONDS, contender.headers)
    const before = cpuUs(pid)
    const result = await load(contender.url, CONNECTIONS, SECONDS, contender.headers)
    const cpuUsPerRequest = (cpuUs(pid) - before) / result.requests
    if (result.failed > 0) throw new Error(`${contender.name}: ${result.failed} of ${result.requests} requests failed: the figure would mean nothing`)
    return { name: contender.name, cpuUsPerRequest, residentMb: residentMb(pid), ...result }
  } finally {
    await running.stop()
  }
}

function report(measures: readonly Measure[]): void {
  const names = [...new Set(measures.map(({ name }) => name))]
  const median = (name: string, pick: (measure: Measure) => number): number => {
    const sorted = measures.filter((measure) => measure.name === name).map(pick).toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  }
  const base = median('undici pass-through', ({ cpuUsPerRequest }) => cpuUsPerRequest)
  const other = median('http-proxy-3', ({ cpuUsPerRequest }) => cpuUsPerRequest)
  const rows = names.map((name) => {
    const cpu = median(name, ({ cpuUsPerRequest }) => cpuUsPerRequest)
    return {
      name,
      cpuUsPerRequest: round(cpu),
      againstUndici: round(cpu / base, 2),
      againstHttpProxy3: round(cpu / other, 2),
      requestsPerSecond: Math.round(median(name, ({ perSecond }) => perSecond)),
      p50Us: median(name, ({ p50Us }) => p50Us),
      p99Us: median(name, ({ p99Us }) => p99Us),
      residentMb: Math.round(median(name, (measure) => measure.residentMb)),
    }
  })
  console.table(rows)
  if (!quick) writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify({ rounds: ROUNDS, seconds: SECONDS, connections: CONNECTIONS, rows }, null, 2)}\n`)
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
