import type { Readable } from 'node:stream'

/** One request as it goes out: every byte of its head stands here, judged. */
export interface UpstreamRequest {
  readonly method: string
  /** Path and query, as forwarded. */
  readonly target: string
  /** `api.github.com`, with the port where it is not the scheme's own: `Host`, or `:authority`. */
  readonly authority: string
  /** Name, value, name, value …; without Host, framing and anything hop-by-hop. */
  readonly fields: readonly string[]
  readonly body: UpstreamBody
}

/** `stream` with an undefined length is sent in chunks. */
export type UpstreamBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly stream: Readable; readonly length: number | undefined }

/** A request under way, as its answer's reader may steer it. */
export interface UpstreamCall {
  /** Stops the answer's data; the upstream feels it by its window. */
  pause(): void
  resume(): void
  /** Ends the request and its connection (or stream). `onError` follows with this very error, unless the call had ended. Idempotent. */
  abort(error: Error): void
}

/**
 * What is told of one call, in this order: `onCall`, any `onInterim`, `onHead`, any `onData`, then exactly one of `onEnd` and `onError`
 * (which may come at any point, also first). A handler that throws ends the call with what it threw.
 */
export interface AnswerHandler {
  onCall(call: UpstreamCall): void
  /** Bytes of the request's body that were given to the connection. */
  onBodySent(bytes: number): void
  /** 1xx but 101; fields as in `onHead`. */
  onInterim(status: number, fields: readonly string[]): void
  /** @param fields name, value, name, value … as they came, Latin-1; framing fields among them */
  onHead(status: number, fields: readonly string[]): void
  /** The chunk is the reader's from here on. */
  onData(chunk: Buffer): void
  /** @param trailers name, value, name, value … */
  onEnd(trailers: readonly string[]): void
  onError(error: Error): void
}

/** Connections to one origin, on behalf of one owner. */
export interface Upstream {
  dispatch(request: UpstreamRequest, handler: AnswerHandler): void
  /** No further requests; those under way go on. Resolves when they have ended. */
  close(): Promise<void>
  /** Ends everything now; calls under way get an error for which `isShutdown` is true. */
  destroy(): Promise<void>
}
