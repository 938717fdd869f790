import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Setting } from './contender.ts'
import { askOf, writePosternPlace, type AuditMode } from './contenders/postern.ts'
import { loadProgram, type Load } from './load.ts'
import { cpuUs } from './process-tree.ts'
import { start } from './processes.ts'
import type { World } from './world.ts'

export interface ProfiledRun {
  readonly setting: Setting
  readonly audit: AuditMode
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** V8 writes its profile as the process ends, which takes it a while. */
const END_MS = 20_000

/** Runs the built program under load with V8's profiler, to its end. @returns the main thread's profile, and what the load saw once it was warm */
export async function profiled(world: World, run: ProfiledRun): Promise<{ readonly file: string; readonly load: Load; readonly cpuUsPerRequest: number }> {
  const place = await writePosternPlace(world, run.audit)
  const [node = process.execPath, ...rest] = place.command
  const command = [node, '--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', place.directory, ...rest]
  const running = await start('proxy', command, place.port, { logFile: join(place.directory, 'log'), endMs: END_MS })
  try {
    const flags = ['-connections', '64', '-warm-up', String(run.warmUpSeconds), '-seconds', String(run.seconds)]
    let beforeUs = 0
    const load = await loadProgram(world, askOf(place, run.setting), { client: 'closed', flags }, () => void (beforeUs = cpuUs(running.pid)))
    const cpuUsPerRequest = (cpuUs(running.pid) - beforeUs) / load.requests
    await running.stop()
    return { file: largest(place.directory), load, cpuUsPerRequest }
  } finally {
    await running.stop()
  }
}

/** Threads write profiles of their own; the main thread's is by far the largest. */
function largest(directory: string): string {
  const files = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile')).map((name) => join(directory, name))
  const [file] = files.toSorted((a, b) => statSync(b).size - statSync(a).size)
  if (file === undefined) throw new Error('no profile was written')
  return file
}
