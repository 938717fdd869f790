import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { asApiError, type ApiError } from './api-error.ts'

export interface Resource<T> {
  /** What was read last; kept while it is read again. */
  readonly value: T | undefined
  /** Why the last reading failed. */
  readonly error: ApiError | undefined
  readonly isLoading: boolean
  /** Reads again, now. */
  reload(): void
}

export interface ResourceOptions {
  /** Reads again so often, while the page is in view. */
  readonly everyMs?: number
}

/**
 * Reads something now, when `key` changes, when the window is looked at again, and every so often. An answer that is late is forgotten once
 * something else is asked for.
 */
export function useResource<T>(key: string, read: (signal: AbortSignal) => Promise<T>, { everyMs }: ResourceOptions = {}): Resource<T> {
  const [state, setState] = useState<{ key: string; value: T | undefined; error: ApiError | undefined; isLoading: boolean }>(
    { key, value: undefined, error: undefined, isLoading: true })
  const [round, setRound] = useState(0)
  const latest = useRef(read)
  latest.current = read
  const reload = useCallback(() => { setRound((before) => before + 1) }, [])

  useEffect(() => {
    const abort = new AbortController()
    setState((before) => ({ ...before, key, value: before.key === key ? before.value : undefined, isLoading: true }))
    latest.current(abort.signal).then(
      (value) => { if (!abort.signal.aborted) setState({ key, value, error: undefined, isLoading: false }) },
      (error: unknown) => { if (!abort.signal.aborted) setState((before) => ({ ...before, error: asApiError(error), isLoading: false })) },
    )
    return () => { abort.abort() }
  }, [key, round])

  useEffect(() => {
    const look = (): void => { if (document.visibilityState === 'visible') reload() }
    document.addEventListener('visibilitychange', look)
    const timer = everyMs === undefined ? undefined : setInterval(look, everyMs)
    return () => { document.removeEventListener('visibilitychange', look); clearInterval(timer) }
  }, [everyMs, reload])

  const isCurrent = state.key === key
  return { value: isCurrent ? state.value : undefined, error: isCurrent ? state.error : undefined, isLoading: state.isLoading || !isCurrent, reload }
}
