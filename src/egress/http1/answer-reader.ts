import { frameAnswer, type AnswerFraming } from './answer-framing.ts'
import { couldBeHttp, headEnd, parseAnswerHead } from './answer-head.ts'
import { ChunkedBody, type ChunkedSink } from './chunked-body.ts'

/** What an answer is told to, in the order of `AnswerHandler`. */
export interface AnswerSink extends ChunkedSink {
  interim(status: number, fields: readonly string[]): void
  head(status: number, fields: readonly string[]): void
}

const NO_TRAILERS: readonly string[] = []
const MAX_INTERIM = 32
const SWITCHING_PROTOCOLS = 101

type Phase = 'idle' | 'head' | 'body' | 'done'

/**
 * Reads one answer after another off one connection, bytes in, events out. Strict: what could be read in two ways is a sentence of ours
 * and the end of the connection. Used again for each request; makes no object for an answer that comes in one piece but its fields.
 */
export class AnswerReader {
  /** Whether the connection may carry another request, once the answer is done. */
  persistent = false
  keptForMs: number | undefined
  readonly #maxHeadBytes: number
  #phase: Phase = 'idle'
  #method = ''
  #pending: Buffer | undefined
  #interim = 0
  #framing: AnswerFraming = { kind: 'none' }
  #left = 0
  #chunked: ChunkedBody | undefined

  constructor(maxHeadBytes: number) {
    this.#maxHeadBytes = maxHeadBytes
  }

  get done(): boolean {
    return this.#phase === 'done'
  }

  /** Nothing of the answer has arrived. */
  get untouched(): boolean {
    return this.#phase === 'head' && this.#pending === undefined && this.#interim === 0
  }

  get headRead(): boolean {
    return this.#phase === 'body' || this.#phase === 'done'
  }

  /** The next answer is the one to a request of this method. */
  expect(method: string): void {
    this.#method = method
    this.#phase = 'head'
    this.#pending = undefined
    this.#interim = 0
    this.#chunked = undefined
    this.persistent = false
    this.keptForMs = undefined
  }

  /** @returns a sentence of ours where the bytes are no answer, or more than one */
  push(bytes: Buffer, sink: AnswerSink): string | undefined {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#phase === 'body') {
        const read = this.#body(rest, sink)
        if (typeof read === 'string') return read
        rest = read === rest.length ? rest.subarray(rest.length) : rest.subarray(read)
      } else if (this.#phase === 'head') {
        const read = this.#head(rest, sink)
        if (typeof read === 'string') return read
        rest = read
      } else {
        return 'it goes on behind its end'
      }
    }
    return undefined
  }

  /** The connection has ended. @returns whether the answer ended with it, as its framing says */
  ended(sink: AnswerSink): boolean {
    if (this.#phase !== 'body' || this.#framing.kind !== 'close') return false
    this.#finish(NO_TRAILERS, sink)
    return true
  }

  #head(bytes: Buffer, sink: AnswerSink): Buffer | string {
    const before = this.#pending
    const all = before === undefined ? bytes : Buffer.concat([before, bytes])
    if (!couldBeHttp(all)) return 'it is not HTTP/1'
    const end = headEnd(all, before?.length ?? 0)
    if (end === -1 || end > this.#maxHeadBytes) {
      if (all.length > this.#maxHeadBytes) return 'its head is over the bound'
      this.#pending = all
      return bytes.subarray(bytes.length)
    }
    this.#pending = undefined
    const head = parseAnswerHead(all.toString('latin1', 0, end - 2))
    if (typeof head === 'string') return head
    const rest = all.subarray(end)
    if (head.status < 200) return this.#takeInterim(head.status, head.fields, sink) ?? rest
    const framed = frameAnswer(this.#method, head)
    if (typeof framed === 'string') return framed
    this.persistent = framed.persistent
    this.keptForMs = framed.keptForMs
    this.#begin(framed.framing)
    sink.head(head.status, head.fields)
    if (this.#phase === 'body' && framed.framing.kind !== 'chunked' && this.#left === 0) this.#finish(NO_TRAILERS, sink)
    return rest
  }

  #takeInterim(status: number, fields: readonly string[], sink: AnswerSink): string | undefined {
    this.#interim += 1
    if (status === SWITCHING_PROTOCOLS) return 'it switches protocols, which was not asked for'
    if (this.#interim > MAX_INTERIM) return `more than ${MAX_INTERIM} interim answers`
    sink.interim(status, fields)
    return undefined
  }

  #begin(framing: AnswerFraming): void {
    this.#phase = 'body'
    this.#framing = framing
    this.#left = framing.kind === 'length' ? framing.bytes : framing.kind === 'close' ? Infinity : 0
    if (framing.kind === 'chunked') this.#chunked = new ChunkedBody()
  }

  /** @returns how many bytes were its own */
  #body(bytes: Buffer, sink: AnswerSink): number | string {
    if (this.#chunked !== undefined) return this.#chunks(this.#chunked, bytes, sink)
    const length = Math.min(this.#left, bytes.length)
    this.#left -= length
    sink.data(length === bytes.length ? bytes : bytes.subarray(0, length))
    if (this.#left === 0) this.#finish(NO_TRAILERS, sink)
    return length
  }

  #chunks(chunked: ChunkedBody, bytes: Buffer, sink: AnswerSink): number | string {
    const read = chunked.push(bytes, sink)
    if (chunked.done) this.#phase = 'done'
    return read
  }

  #finish(trailers: readonly string[], sink: AnswerSink): void {
    this.#phase = 'done'
    sink.end(trailers)
  }
}
