/**
 * Waits for shared work for only as long as this waiter wants it: the work itself goes on.
 * @throws what `whenAborted` makes, once the signal aborts first
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal, whenAborted: () => Error): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined)
    return Promise.reject(whenAborted())
  }
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(whenAborted())
    signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
