import type { Timers } from './timers.ts'

/**
 * Runs work that has to end in time. Its signal aborts when the time is over, and the caller then stops waiting, whether the work
 * heeds the signal or not.
 * @param onLate given the result of work that ended after its time, since somebody may have to undo it
 * @throws what the work throws, or what `whenLate` makes
 */
export function within<T>(
  timers: Timers,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  whenLate: () => Error,
  onLate: (value: T) => void = () => undefined,
): Promise<T> {
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    let late = false
    const cancel = timers.after(limitMs, () => {
      late = true
      reject(whenLate())
      controller.abort()
    })
    work(controller.signal)
      .then((value) => (late ? onLate(value) : resolve(value)), reject)
      .finally(cancel)
  })
}
