/**
 * Runs the built program under the bench's load with V8's profiler, and prints where the main thread's time goes: by file, by function, and by area.
 *
 *   node bench/profile.ts [--setting reverse|tls-upstream|tunnel] [--audit relaxed|strict] [--seconds 10] [--top 40] [--dist DIRECTORY] [--keep FILE]
 */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Setting } from './contender.ts'
import type { AuditMode } from './contenders/postern.ts'
import { readOptions } from './options.ts'
import { profiled } from './profiled.ts'
import { summarise, type CpuProfile } from './profile-summary.ts'
import { openWorld } from './world.ts'

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
  const { file, load } = await profiled(world, { setting: values.setting as Setting, audit: values.audit as AuditMode, warmUpSeconds: WARM_UP_SECONDS, seconds: Number(values.seconds) })
  console.log(`${values.setting}, audit ${values.audit}: ${Math.round(load.perSecond)} requests a second under the profiler, ${load.failed} failed`)
  if (values.keep !== undefined) copyFileSync(file, values.keep)
  print(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile)
} finally {
  await world.close()
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
