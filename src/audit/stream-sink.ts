import type { Writable } from 'node:stream'
import type { WrittenRecord } from './written-record.ts'

/** How a record is shown; an undefined result is not shown. */
export type RecordFormat = (record: WrittenRecord) => string | undefined

export interface StreamSinkOptions {
  /** The process's standard output; it must be one that does not block, as Node's is for pipes. */
  readonly stream: Writable
  readonly format: RecordFormat
  /** Memory for what the reader has not taken; default 1 MiB. Records beyond it are left out here and counted. */
  readonly maxBufferedBytes?: number | undefined
}

/**
 * Shows records on a stream beside the file: subscribe its `write` with `FileAuditLog.onRecord`. A reader that is slow or gone never
 * holds up a call; what it misses stands in the file.
 */
export class StreamSink {
  readonly #stream: Writable
  readonly #format: RecordFormat
  readonly #maxBufferedBytes: number
  #left = 0
  #leftInAll = 0
  #failed = false

  constructor(options: StreamSinkOptions) {
    this.#stream = options.stream
    this.#format = options.format
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 1024 * 1024
    // Without a listener an EPIPE would end the process. It stays for as long as the stream.
    this.#stream.on('error', () => {
      this.#failed = true
    })
  }

  /** Records that the stream was not given. */
  get leftOut(): number {
    return this.#leftInAll
  }

  readonly write = (record: WrittenRecord): void => {
    if (this.#failed || this.#stream.destroyed || this.#stream.writableLength > this.#maxBufferedBytes) {
      this.#left++
      this.#leftInAll++
      return
    }
    const text = this.#format(record)
    if (text !== undefined) this.#stream.write(`${this.#gap()}${text}\n`)
  }

  #gap(): string {
    if (this.#left === 0) return ''
    const gap = JSON.stringify({ event: 'audit.stdout_gap', records: this.#left })
    this.#left = 0
    return `${gap}\n`
  }
}

/** The records themselves, one JSON object a line. */
export const jsonFormat: RecordFormat = (record) => record.line
