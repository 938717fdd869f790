import type { AnswerHandler, Upstream, UpstreamBody, UpstreamCall, UpstreamRequest } from '../../src/egress/upstream.ts'

/** Everything that was told of one call. */
export interface Told {
  /** In their order: `call`, `interim 103`, `head 200`, `data`, `end`, `error`. */
  readonly events: readonly string[]
  readonly status: number | undefined
  readonly fields: readonly string[]
  readonly body: string
  readonly bytesSent: number
  readonly trailers: readonly string[]
  readonly error: Error | undefined
}

export interface Dispatched {
  readonly told: Promise<Told>
  readonly call: UpstreamCall
}

export interface Wish {
  readonly method?: string
  readonly target?: string
  readonly fields?: readonly string[]
  readonly body?: UpstreamBody
  readonly onHead?: (call: UpstreamCall) => void
  readonly onData?: (chunk: Buffer, call: UpstreamCall) => void
}

/** Dispatches one request and keeps what is told of it. */
export function dispatch(upstream: Upstream, wish: Wish = {}): Dispatched {
  const events: string[] = []
  const told = { status: undefined as number | undefined, fields: [] as readonly string[], body: '', bytesSent: 0, trailers: [] as readonly string[], error: undefined as Error | undefined }
  const { promise, resolve } = Promise.withResolvers<Told>()
  let call: UpstreamCall | undefined
  const mine = (): UpstreamCall => {
    if (call === undefined) throw new Error('not told of its call')
    return call
  }
  const handler: AnswerHandler = {
    onCall: (one) => { events.push('call'); call = one },
    onBodySent: (bytes) => { told.bytesSent += bytes },
    onInterim: (status) => { events.push(`interim ${status}`) },
    onHead: (status, fields) => {
      events.push(`head ${status}`)
      Object.assign(told, { status, fields })
      wish.onHead?.(mine())
    },
    onData: (chunk) => {
      if (events.at(-1) !== 'data') events.push('data')
      told.body += chunk.toString('latin1')
      wish.onData?.(chunk, mine())
    },
    onEnd: (trailers) => {
      events.push('end')
      told.trailers = trailers
      resolve({ events, ...told })
    },
    onError: (error) => {
      events.push('error')
      told.error = error
      resolve({ events, ...told })
    },
  }
  const request: UpstreamRequest = {
    method: wish.method ?? 'GET', target: wish.target ?? '/', authority: 'localhost', fields: wish.fields ?? [], body: wish.body ?? { kind: 'none' },
  }
  upstream.dispatch(request, handler)
  return { told: promise, call: mine() }
}
