/**
 * Runs the built program under the bench's load with V8's profiler, and prints where the main thread's time goes: by file, by function, and by area.
 *
 *   node bench/profile.ts [--setting reverse|tls-upstream|tunnel] [--audit relaxed|strict] [--seconds 10] [--top 40] [--dist DIRECTORY] [--keep FILE]
 */
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Setting } from './contender.ts'
import { askOf, writePosternPlace, type AuditMode } from './contenders/postern.ts'
import { loadProgram } from './load.ts'
import { readOptions } from './options.ts'
import { start } from './processes.ts'
import { summarise, type CpuProfile } from './profile-summary.ts'
import { openWorld, type World } from './world.ts'

const { values } = parseArgs({
  options: {
    setting: { type: 'string', default: 'reverse' },
    audit: { type: 'string', default: 'relaxed' },
    seconds: { type: 'string', default: '10' },
    top: { type: 'string', default: '40' },
    dist: { type: 'string', default: join(import.meta.dirname, '..', 'dist') },
    keep: { type: 'string' },
  },
})
const WARM_UP_SECONDS = 5

const world = await openWorld(readOptions(['--dist', values.dist], values.dist))
try {
  const file = await recorded(world, values.setting as Setting, values.audit as AuditMode)
  if (values.keep !== undefined) copyFileSync(file, values.keep)
  print(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile)
} finally {
  await world.close()
}

/** Runs to its end, so that the profile is written. */
async function recorded(of: World, setting: Setting, audit: AuditMode): Promise<string> {
  const place = await writePosternPlace(of, audit)
  const [node = process.execPath, ...rest] = place.command
  const command = [node, '--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', place.directory, ...rest]
  const running = await start('proxy', command, place.port, { logFile: join(place.directory, 'log'), endMs: 15_000 })
  try {
    const flags = ['-connections', '64', '-warm-up', String(WARM_UP_SECONDS), '-seconds', values.seconds]
    const { perSecond, failed } = await loadProgram(of, askOf(place, setting), { client: 'closed', flags }, () => undefined)
    console.log(`${setting}, audit ${audit}: ${Math.round(perSecond)} requests a second under the profiler, ${failed} failed`)
  } finally {
    await running.stop()
  }
  // Workers write profiles of their own; the main thread's is by far the largest.
  const files = readdirSync(place.directory).filter((name) => name.endsWith('.cpuprofile')).map((name) => join(place.directory, name))
  const [largest] = files.toSorted((a, b) => readFileSync(b).length - readFileSync(a).length)
  if (largest === undefined) throw new Error('no profile was written')
  return largest
}

function print(profile: CpuProfile): void {
  // Start and warm-up are no part of what is looked at; nor is the end.
  const { totalMs, tables } = summarise(profile, { skipMs: (WARM_UP_SECONDS + 1) * 1000, root: values.dist })
  console.log(`busy ${Math.round(totalMs)} ms of the main thread`)
  for (const { title, rows } of tables) {
    console.log(`\n${title}`)
    for (const { name, self, inclusive } of rows.slice(0, Number(values.top))) {
      console.log(`${percent(self)} self ${percent(inclusive)} with all that it calls  ${name}`)
    }
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1).padStart(5)} %`
}
