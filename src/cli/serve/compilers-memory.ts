import { setFlagsFromString } from 'node:v8'
import type { Cancel, Timers } from '../../lib/timers.ts'

/** By then all is loaded: V8 takes nothing that was compiled ahead, Node's own modules least, once its flags are other ones. */
const AFTER_START_MS = 3_000
/** Another V8 may not know the flag, and would say so on the terminal. */
const KNOWN_BY = /^v24\./

/**
 * Has V8 take down its compiler's finished jobs at once. It leaves that to a thread; a busy process lets it wait, and 15 MB that stood there
 * at a time stay with the C library.
 */
export function giveBackWhatCompilersUse(timers: Timers): Cancel {
  return timers.after(AFTER_START_MS, () => {
    if (KNOWN_BY.test(process.version)) setFlagsFromString('--no-maglev-destroy-on-background')
  })
}
