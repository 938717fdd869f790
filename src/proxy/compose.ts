import { isDenial, type Denial } from '../model/denial.ts'
import type { Received, Stage } from './exchange.ts'

/** A stage as the runner sees it: what it reads and what it adds were checked when the list was composed. */
interface AnyStage {
  readonly name: string
  readonly adds: string
  run(exchange: never): unknown
}

/** The stages in their order; made by `compose` only. */
export interface Stages {
  readonly list: readonly AnyStage[]
}

type Adding<In extends Received, Field extends string, Value> = In & { readonly [F in Field]: Value }

/** Grows the list one stage at a time; each must find what it reads among what the earlier ones added. */
export interface Composition<Reached extends Received> extends Stages {
  next<Field extends string, Value extends object | string | null>(stage: Stage<Reached, Field, Value>): Composition<Adding<Reached, Field, Value>>
}

/**
 * Begins the list of stages. The order is held by the types: a stage that reads `decision` cannot stand before the one that adds it.
 */
export function compose(): Composition<Received> {
  return composed([])
}

function composed(list: readonly AnyStage[]): Composition<Received> {
  // What `next` adds is a matter of types alone: the list is the same whatever it reaches.
  return { list, next: (stage) => composed([...list, stage]) }
}

/** How far an exchange came: what was refused, by which stage; or nothing, and every stage ran. */
export type Run =
  | { readonly kind: 'complete' }
  | { readonly kind: 'denied'; readonly stage: string; readonly denial: Denial }
  | { readonly kind: 'broken'; readonly stage: string; readonly error: unknown }

const COMPLETE: Run = { kind: 'complete' }

/**
 * Runs the stages in order and writes each one's field onto the exchange. Stays synchronous until a stage must wait.
 * Never throws: what a stage throws is `broken`.
 */
export function run(stages: Stages, exchange: Received): Run | Promise<Run> {
  return runFrom(stages.list, 0, exchange as unknown as Record<string, unknown>)
}

function runFrom(list: readonly AnyStage[], start: number, exchange: Record<string, unknown>): Run | Promise<Run> {
  for (let at = start; at < list.length; at += 1) {
    const stage = list[at] as AnyStage
    try {
      const result = stage.run(exchange as never)
      if (result instanceof Promise) return settle(list, at, result, exchange)
      const denied = keep(stage, result, exchange)
      if (denied !== undefined) return denied
    } catch (error) {
      return { kind: 'broken', stage: stage.name, error }
    }
  }
  return COMPLETE
}

async function settle(list: readonly AnyStage[], at: number, pending: Promise<unknown>, exchange: Record<string, unknown>): Promise<Run> {
  const stage = list[at] as AnyStage
  try {
    const denied = keep(stage, await pending, exchange)
    return denied ?? (await runFrom(list, at + 1, exchange))
  } catch (error) {
    return { kind: 'broken', stage: stage.name, error }
  }
}

function keep(stage: AnyStage, result: unknown, exchange: Record<string, unknown>): Run | undefined {
  // A stage that gives nothing has not allowed anything: undefined is a defect of ours, and nothing goes on from there.
  if (result === undefined) throw new TypeError(`the stage ${stage.name} gave no result`)
  if (typeof result === 'object' && result !== null && isDenial(result)) return { kind: 'denied', stage: stage.name, denial: result }
  exchange[stage.adds] = result
  return undefined
}
