import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

/** One request as a stand-in sees it; the body is read whole, within the server's bound, but where it is streamed. */
export interface Call {
  readonly method: string
  /** As sent, before `?`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Empty where the stand-in streams calls of this kind. */
  readonly body: Buffer
  /** The body as it arrives, where the stand-in streams calls of this kind; elsewhere it has ended. */
  readonly stream: Readable
  /** The name that was called, lower case, without port. */
  readonly hostname: string
  /** Scheme, name and port that were called: links in answers point there. */
  readonly origin: string
  /** Aborted when the client has left or the server closes; endless answers stop on it. */
  readonly signal: AbortSignal
  /** Adds to this call's entry in the log. */
  note(facts: CallFacts): void
}

/** What a stand-in finds out about a call while it answers. */
export interface CallFacts {
  /** The matched route: `GET /repos/{owner}/{repo}`. */
  readonly operation?: string
  /** How the caller proved itself: `installation`, `app`, `bot` … */
  readonly authenticatedAs?: string
  /** What the credential that came with the call permits; plain data without secrets. */
  readonly grants?: unknown
  /** Where credentials stood, e.g. `['header', 'form']`. */
  readonly credentialPlaces?: readonly string[]
}

/** Names in lower case; `content-length` is the server's business. */
export type AnswerHeaders = Readonly<Record<string, string>>

export interface Reply {
  readonly status: number
  readonly headers: AnswerHeaders
  /** An iterable is streamed with backpressure and without a length. */
  readonly body: string | Buffer | AsyncIterable<string | Uint8Array> | undefined
}

/** What a stand-in does with a call: a reply, or the socket cut without a byte. */
export type Answer = Reply | 'cut'
