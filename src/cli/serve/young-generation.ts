import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Cancel, Timers } from '../../lib/timers.ts'

/** The part of V8's heap where everything is made: what it takes of the machine, and how much of that is written on. Bytes. */
export interface YoungGeneration {
  size(): { readonly takenBytes: number; readonly usedBytes: number }
  /** Collects it, and nothing else: milliseconds, as any request may meet them at any time. */
  collect(): void
}

const LOOK_MS = 1_000
/** Whoever makes less than this from one look to the next does nothing but wait. */
const QUIET_BYTES = 262_144
/** Smaller than this it is left alone: a call now and then is served within it. */
const SMALL_BYTES = 4_194_304
/** V8 makes it smaller in a collection before which it has seen little being made for five seconds, so one comes first and begins them. */
const LOOKS_BETWEEN = 6

/**
 * Has V8 give back what a time of much work has made of its young generation: tens of megabytes, of which nothing is in use any more. By
 * itself it would at the next collection, which a process at rest never has.
 */
export function shrinkAtRest(timers: Timers, young: YoungGeneration = ofThisThread()): Cancel {
  let usedBytes = Number.NaN
  let looksUntil = 0
  const look = (): void => {
    cancel = timers.after(LOOK_MS, look)
    const now = young.size()
    const madeBytes = now.usedBytes - usedBytes
    usedBytes = now.usedBytes
    // Less is used than before where it was collected meanwhile: there is work.
    if (now.takenBytes <= SMALL_BYTES || !(madeBytes >= 0 && madeBytes < QUIET_BYTES)) looksUntil = 0
    else if (looksUntil > 0) looksUntil -= 1
    else {
      young.collect()
      usedBytes = young.size().usedBytes
      looksUntil = LOOKS_BETWEEN - 1
    }
  }
  let cancel = timers.after(LOOK_MS, look)
  return () => cancel()
}

function ofThisThread(): YoungGeneration {
  let collect: ((options: { type: 'minor' }) => void) | undefined
  return {
    size() {
      const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
      return { takenBytes: space?.space_size ?? 0, usedBytes: space?.space_used_size ?? 0 }
    },
    collect() {
      collect ??= collector()
      collect({ type: 'minor' })
    },
  }
}

/** V8 gives its collector to a context that is made while the flag stands, and to none after. */
function collector(): (options: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return typeof gc === 'function' ? (gc as (options: { type: 'minor' }) => void) : () => undefined
}
