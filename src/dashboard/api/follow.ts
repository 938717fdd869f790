import type { Api, Query } from './client.ts'
import { ApiError, asApiError } from './api-error.ts'

/** How a followed stream stands. */
export type FollowState = { readonly kind: 'connecting' } | { readonly kind: 'live' } | { readonly kind: 'waiting'; readonly error: ApiError | undefined }

export interface FollowOptions {
  readonly path: string
  /** Asked anew at each beginning: where it goes on from may have changed. */
  query(): Query
  readonly signal: AbortSignal
  /** One parsed line of NDJSON. */
  onItem(item: unknown): void
  onState(state: FollowState): void
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
/** The API sends an empty line every 15 s at the latest: after this a connection is dead, although nobody said so. */
const SILENT_MS = 45_000
/** No line of ours is as long. */
const MAX_LINE = 1024 * 1024

/** Follows an NDJSON stream of the API until the signal; where it ends or breaks off it is begun again, later each time. Never throws. */
export async function follow(api: Api, options: FollowOptions): Promise<void> {
  const { path, query, signal, onItem, onState } = options
  for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    onState({ kind: 'connecting' })
    let error: ApiError | undefined
    try {
      const answer = await api.open(path, { query: query(), signal })
      onState({ kind: 'live' })
      waitMs = FIRST_WAIT_MS
      for await (const line of linesOf(answer, SILENT_MS)) onItem(JSON.parse(line))
    } catch (thrown) {
      error = asApiError(thrown)
    }
    if (signal.aborted) return
    onState({ kind: 'waiting', error })
    await pause(waitMs, signal)
  }
}

/**
 * The lines of a body as they arrive, empty ones left out.
 * @param silentMs how long nothing may come
 * @throws Error for a line that is too long, ApiError where nothing came for too long
 */
export async function* linesOf({ body }: Response, silentMs: number): AsyncGenerator<string> {
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const silence = new AbortController()
  silence.signal.addEventListener('abort', () => { reader.cancel().catch(() => undefined) })
  let timer: ReturnType<typeof setTimeout> | undefined
  let rest = ''
  try {
    for (;;) {
      timer = setTimeout(() => { silence.abort() }, silentMs)
      const { done, value } = await reader.read()
      clearTimeout(timer)
      if (silence.signal.aborted) throw new ApiError({ title: 'The connection went silent.', code: 'unreachable', status: 0 })
      if (done) return
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE) throw new Error('a line is too long')
      for (const line of lines) if (line !== '') yield line
    }
  } finally {
    clearTimeout(timer)
    await reader.cancel().catch(() => undefined)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
  })
}
