import { Later } from '../lib/later.ts'
import { isDenial, type Denial } from '../model/denial.ts'
import type { Forwarded, Received, Stage } from './exchange.ts'

/** What the stages write, each its own field. `arrival` is nobody's to read: that stage only lets in. */
type Reached = { -readonly [Field in Exclude<keyof Forwarded, keyof Received>]: Forwarded[Field] } & { arrival: null }
type FieldName = keyof Reached

/**
 * A writer for each field. By a name that is looked up, one line of code would write ten fields to ten places, and V8 would look for each of them
 * anew on every request.
 */
const WRITERS: { readonly [Field in FieldName]: (exchange: Partial<Reached>, value: Reached[Field]) => void } = {
  arrival: (exchange, value) => { exchange.arrival = value },
  principal: (exchange, value) => { exchange.principal = value },
  admission: (exchange, value) => { exchange.admission = value },
  snapshot: (exchange, value) => { exchange.snapshot = value },
  route: (exchange, value) => { exchange.route = value },
  inspection: (exchange, value) => { exchange.inspection = value },
  decision: (exchange, value) => { exchange.decision = value },
  credential: (exchange, value) => { exchange.credential = value },
  announced: (exchange, value) => { exchange.announced = value },
  forwarding: (exchange, value) => { exchange.forwarding = value },
}

/** A stage as the runner sees it: what it reads and what it adds were checked when the list was composed. */
interface Step {
  readonly name: string
  readonly run: (exchange: never) => unknown
  readonly write: (exchange: Partial<Reached>, value: never) => void
}

/** The stages in their order; made by `compose` only. */
export interface Stages {
  readonly list: readonly Step[]
}

type Adding<In extends Received, Field extends string, Value> = In & { readonly [F in Field]: Value }

/** Grows the list one stage at a time; each must find what it reads among what the earlier ones added. */
export interface Composition<Reached extends Received> extends Stages {
  next<Field extends FieldName, Value extends object | string | null>(stage: Stage<Reached, Field, Value>): Composition<Adding<Reached, Field, Value>>
}

/**
 * Begins the list of stages. The order is held by the types: a stage that reads `decision` cannot stand before the one that adds it.
 */
export function compose(): Composition<Received> {
  return composed([])
}

function composed(list: readonly Step[]): Composition<Received> {
  // What `next` adds is a matter of types alone: the list is the same whatever it reaches.
  return { list, next: (stage) => composed([...list, { name: stage.name, run: stage.run.bind(stage), write: WRITERS[stage.adds] }]) }
}

/** How far an exchange came: what was refused, by which stage; or nothing, and every stage ran. */
export type Run =
  | { readonly kind: 'complete' }
  | { readonly kind: 'denied'; readonly stage: string; readonly denial: Denial }
  | { readonly kind: 'broken'; readonly stage: string; readonly error: unknown }

const COMPLETE: Run = { kind: 'complete' }

/**
 * Runs the stages in order and writes each one's field onto the exchange. Stays synchronous until a stage must wait.
 * @param done told once, within this call where no stage waits; must not throw. What a stage throws is `broken`
 */
export function run(stages: Stages, exchange: Received, done: (run: Run) => void): void {
  runFrom(stages.list, 0, exchange as Partial<Reached>, done)
}

function runFrom(list: readonly Step[], start: number, exchange: Partial<Reached>, done: (run: Run) => void): void {
  for (let at = start; at < list.length; at += 1) {
    const step = list[at] as Step
    let ended: Run | undefined
    try {
      const result = step.run(exchange as never)
      if (result instanceof Later) return result.whenSettled((value) => goOn(list, at, exchange, value, done), (error) => done(broken(step, error)))
      if (result instanceof Promise) return void result.then((value) => goOn(list, at, exchange, value, done), (error: unknown) => done(broken(step, error)))
      ended = keep(step, result, exchange)
    } catch (error) {
      ended = broken(step, error)
    }
    if (ended !== undefined) return done(ended)
  }
  done(COMPLETE)
}

/** A stage that waited has its result. */
function goOn(list: readonly Step[], at: number, exchange: Partial<Reached>, result: unknown, done: (run: Run) => void): void {
  const step = list[at] as Step
  let ended: Run | undefined
  try {
    ended = keep(step, result, exchange)
  } catch (error) {
    ended = broken(step, error)
  }
  if (ended === undefined) runFrom(list, at + 1, exchange, done)
  else done(ended)
}

function broken({ name }: Step, error: unknown): Run {
  return { kind: 'broken', stage: name, error }
}

function keep(step: Step, result: unknown, exchange: Partial<Reached>): Run | undefined {
  // A stage that gives nothing has not allowed anything: undefined is a defect of ours, and nothing goes on from there.
  if (result === undefined) throw new TypeError(`the stage ${step.name} gave no result`)
  if (typeof result === 'object' && result !== null && isDenial(result)) return { kind: 'denied', stage: step.name, denial: result }
  step.write(exchange, result as never)
  return undefined
}
