import { httpProxy3, undici } from '../contenders/node-peers.ts'
import { nginx } from '../contenders/nginx.ts'
import { postern } from '../contenders/postern.ts'
import type { Ask, Contender } from '../contender.ts'
import { loadProgram, PATH } from '../load.ts'
import { round, withRunning, type Row } from '../measure.ts'
import { cpuUs, residentMb } from '../process-tree.ts'
import type { World } from '../world.ts'
import type { Section } from './section.ts'

const POSTERN = postern('relaxed')
const GIGABYTE = 1_000_000_000
const SAMPLE_MS = 50

export const streaming: Section = {
  name: 'streaming',
  title: 'Memory while 1 GB streams, in one body, plain HTTP; the two halves tell whether it grows',
  measure: async (world) => {
    const rows: Row[] = []
    for (const contender of world.options.quick ? [POSTERN] : [nginx, undici, httpProxy3, POSTERN]) {
      if (world.options.without.includes(contender.product)) continue
      for (const way of ['down', 'up'] as const) rows.push(await rowOf(world, contender, way))
    }
    return rows
  },
}

async function rowOf(world: World, contender: Contender, way: 'down' | 'up'): Promise<Row> {
  const name = `${contender.name}, ${way}`
  try {
    return { name, figures: await withRunning(world, contender, 'reverse', (ask, pid) => streamed(world, ask, pid, way)) }
  } catch (error) {
    return { name, figures: {}, problem: error instanceof Error ? error.message : String(error) }
  }
}

async function streamed(world: World, ask: Ask, pid: number, way: 'down' | 'up'): Promise<Readonly<Record<string, number>>> {
  // One small request first: what a first request loads is not what streaming costs.
  await loadProgram(world, ask, { client: 'stream', flags: [] }, () => undefined)
  const [restMb, cpuBeforeUs, samples] = [residentMb(pid), cpuUs(pid), [] as number[]]
  const sampling = setInterval(() => samples.push(residentMb(pid)), SAMPLE_MS)
  const task = way === 'down' ? { path: `/v1/bytes/${GIGABYTE}`, flags: [] } : { path: PATH, flags: ['-method', 'POST', '-up', String(GIGABYTE)] }
  const { seconds } = await loadProgram(world, ask, { client: 'stream', ...task }, () => undefined).finally(() => clearInterval(sampling))
  const half = Math.ceil(samples.length / 2)
  return {
    seconds: round(seconds),
    'CPU s': round((cpuUs(pid) - cpuBeforeUs) / 1_000_000, 2),
    'MB before': round(restMb),
    'MB at most, first half': round(Math.max(...samples.slice(0, half))),
    'MB at most, second half': round(Math.max(...samples.slice(half))),
  }
}
