import { join } from 'node:path'
import type { Ask, Contender, Setting } from './contender.ts'
import type { Load } from './load.ts'
import { cpuUs, residentMb } from './process-tree.ts'
import { start } from './processes.ts'
import type { World } from './world.ts'

/** One contender in one round. */
export interface Measure extends Load {
  readonly name: string
  readonly cpuUsPerRequest: number
  readonly residentMb: number
}

/** One line of a table: medians over the rounds, or why there are none. */
export interface Row {
  readonly name: string
  /** By the column's name, with its unit. */
  readonly figures: Readonly<Record<string, number>>
  readonly problem?: string
}

/** Puts load on a running contender; calls back when the counted part begins. */
export type PutLoad = (world: World, ask: Ask, countFromHere: () => void) => Promise<Load>

/** A table: everyone, round by round, so that a slow minute of the machine falls on all of them. */
export async function sideBySide(world: World, contenders: readonly Contender[], setting: Setting, putLoad: PutLoad): Promise<readonly Row[]> {
  const taking = contenders.filter(({ settings, product }) => settings.includes(setting) && !world.options.without.includes(product))
  const measures: Measure[] = []
  const problems = new Map<string, string>()
  for (let round = 0; round < world.options.rounds; round += 1) {
    for (const contender of taking) {
      if (problems.has(contender.name)) continue
      try {
        measures.push(await measure(world, contender, setting, putLoad))
      } catch (error) {
        // The others' figures are worth having all the same; the run fails at its end.
        problems.set(contender.name, error instanceof Error ? error.message : String(error))
      }
    }
  }
  return taking.map(({ name }) => rowOf(name, measures.filter((one) => one.name === name), problems.get(name)))
}

async function measure(world: World, contender: Contender, setting: Setting, putLoad: PutLoad): Promise<Measure> {
  return withRunning(world, contender, setting, async (ask, pid) => {
    let before = 0
    const load = await putLoad(world, ask, () => (before = cpuUs(pid)))
    const cpuUsPerRequest = (cpuUs(pid) - before) / load.requests
    if (load.failed > 0) throw new Error(`${load.failed} of ${load.requests + load.failed} requests failed: the figure would mean nothing (${load.problem ?? 'no reason told'})`)
    return { ...load, name: contender.name, cpuUsPerRequest, residentMb: residentMb(pid) }
  })
}

/** Starts a contender alone on the proxy's core, and ends it whatever happens. */
export async function withRunning<T>(world: World, contender: Contender, setting: Setting, use: (ask: Ask, pid: number) => Promise<T>): Promise<T> {
  const { command, ask } = await contender.prepare(world, setting)
  const running = await start('proxy', command, ask.port, { logFile: join(world.directory, `${contender.product}-${setting}.log`) })
  try {
    return await use(ask, running.pid)
  } finally {
    await running.stop()
  }
}

function rowOf(name: string, measures: readonly Measure[], problem: string | undefined): Row {
  const pick = (of: (measure: Measure) => number): number => median(measures.map(of))
  const figures = {
    'CPU µs': round(pick(({ cpuUsPerRequest }) => cpuUsPerRequest)),
    'a second': Math.round(pick(({ perSecond }) => perSecond)),
    'p50 µs': pick(({ p50Us }) => p50Us),
    'p99 µs': pick(({ p99Us }) => p99Us),
    MB: Math.round(pick((measure) => measure.residentMb)),
  }
  return { name, figures, ...(problem === undefined ? {} : { problem }) }
}

/** Pure. NaN of nothing. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Pure. */
export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
