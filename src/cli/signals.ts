import { constants } from 'node:os'

const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/**
 * Listens for SIGTERM and SIGINT from now on. The first is told and lets everything end in order; a second one ends the process at
 * once, as the signal would have.
 * @returns resolves with the first
 */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = true
    for (const signal of ENDING) {
      process.on(signal, () => {
        if (!first) process.exit(128 + constants.signals[signal])
        first = false
        resolve(signal)
      })
    }
  })
}
