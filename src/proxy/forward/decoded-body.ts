import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'
import type { Coding } from './answer-codings.ts'
import { AnswerRefused } from './answer-refused.ts'

/** So much larger than it came may a body become; text seldom exceeds 20, an archive of the same byte 1,000. */
const MAX_RATIO = 200
/** What a body may become whatever the ratio: a small one of the same line over and over is no bomb. */
const FREE_BYTES = 1_048_576
const MAX_DECODED_BYTES = 256 * 1_048_576

/** What is told of a body being decoded: any `onDecoded`, then one of the other two; never from within a call of `DecodedBody`'s. */
export interface DecodedReader {
  onDecoded(chunk: Buffer): void
  onDecodedEnd(): void
  onDecodingFailed(error: Error): void
  /** It takes bytes again. */
  onDecoderDrain(): void
}

/** Undoes the codings of one body, in bounded memory: nothing is decoded ahead of who reads it. */
export class DecodedBody {
  readonly #first: Transform
  readonly #last: Transform
  readonly #streams: readonly Transform[]
  readonly #reader: DecodedReader
  #cameBytes = 0
  #decodedBytes = 0
  #stopped = false

  /** @param firstByte of the body: tells which of the two forms of `deflate` it is (RFC 9110 section 8.4.1.2) */
  constructor(codings: readonly Coding[], firstByte: number, reader: DecodedReader) {
    this.#reader = reader
    this.#streams = codings.toReversed().map((coding, at) => decoder(coding, at === 0 && (firstByte & 0x0f) !== 8))
    const [first, last] = [this.#streams[0], this.#streams.at(-1)]
    if (first === undefined || last === undefined) throw new TypeError('a body without codings has nothing to decode')
    this.#first = first
    this.#last = last
    this.#streams.forEach((stream, at) => {
      stream.on('error', () => this.#fail('the answer’s coding is broken'))
      const next = this.#streams[at + 1]
      if (next !== undefined) stream.pipe(next)
    })
    first.on('drain', () => { if (!this.#stopped) reader.onDecoderDrain() })
    last.on('data', (chunk: Buffer) => this.#onDecoded(chunk))
    last.on('end', () => this.#onEnd())
  }

  /** It takes no more for now. */
  get full(): boolean {
    return this.#first.writableNeedDrain
  }

  /** @returns false where it takes no more for now: `onDecoderDrain` follows */
  write(chunk: Buffer): boolean {
    this.#cameBytes += chunk.length
    return this.#first.write(chunk)
  }

  /** Nothing more comes. */
  end(): void {
    this.#first.end()
  }

  pause(): void {
    this.#last.pause()
  }

  resume(): void {
    this.#last.resume()
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#stopped = true
    for (const stream of this.#streams) stream.destroy()
  }

  #onDecoded(chunk: Buffer): void {
    if (this.#stopped) return
    this.#decodedBytes += chunk.length
    const most = Math.min(MAX_DECODED_BYTES, Math.max(FREE_BYTES, this.#cameBytes * MAX_RATIO))
    if (this.#decodedBytes > most) return this.#fail('the answer unpacks to far more than was sent')
    this.#reader.onDecoded(chunk)
  }

  #onEnd(): void {
    if (this.#stopped) return
    this.stop()
    this.#reader.onDecodedEnd()
  }

  #fail(why: string): void {
    if (this.#stopped) return
    this.stop()
    this.#reader.onDecodingFailed(new AnswerRefused(why))
  }
}

function decoder(coding: Coding, raw: boolean): Transform {
  switch (coding) {
    case 'gzip': return createGunzip()
    case 'deflate': return raw ? createInflateRaw() : createInflate()
    case 'br': return createBrotliDecompress()
    case 'zstd': return createZstdDecompress()
  }
}
