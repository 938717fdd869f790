/** Takes a timer back; harmless once it has run. */
export type Cancel = () => void

/** Work at a later time, injected so that tests own it. */
export interface Timers {
  /** Runs `work` once, `delayMs` from now; never in this turn, and it does not keep the process alive. */
  after(delayMs: number, work: () => void): Cancel
}

/** setTimeout counts in a signed 32-bit integer and runs at once beyond it. */
const LONGEST_MS = 2_147_483_647

/** The event loop's timers. */
export const systemTimers: Timers = {
  after(delayMs, work) {
    if (delayMs > LONGEST_MS) return inParts(delayMs, work)
    const timer = setTimeout(work, Math.max(0, delayMs)).unref()
    return () => clearTimeout(timer)
  },
}

/** In a function of its own: what a timer's end could see is kept with it, and there is one for each idle connection. */
function inParts(delayMs: number, work: () => void): Cancel {
  let timer = arm(delayMs)
  function arm(leftMs: number): NodeJS.Timeout {
    const next = leftMs > LONGEST_MS ? () => { timer = arm(leftMs - LONGEST_MS) } : work
    return setTimeout(next, Math.min(leftMs, LONGEST_MS)).unref()
  }
  return () => clearTimeout(timer)
}
