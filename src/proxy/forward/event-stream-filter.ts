import type { AnswerFilter } from '../../integrations/integration.ts'
import { AnswerRefused } from './answer-refused.ts'
import { HeldBytes } from './held-bytes.ts'

const LF = 0x0a
const CR = 0x0d
const BOM = '\ufeff'
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Rewrites the events of a stream one by one, each as soon as it is whole; an event that is not, at the end, is none. What comes out does not
 * depend on how the bytes were cut into chunks.
 * @see WHATWG HTML section 9.2.6
 */
export class EventStreamFilter {
  readonly #filter: AnswerFilter
  readonly #maxEventBytes: number
  /** Of the line that has not ended yet. */
  readonly #line = new HeldBytes()
  /** Of the event's lines so far. */
  #eventBytes = 0
  #data: string[] = []
  #fields: string[] = []
  #afterCr = false
  #first = true

  constructor(filter: AnswerFilter, maxEventBytes: number) {
    this.#filter = filter
    this.#maxEventBytes = maxEventBytes
  }

  /**
   * @returns what is passed on now; empty where no event has ended
   * @throws AnswerRefused where an event is too large, no UTF-8, or cannot be judged
   */
  push(chunk: Buffer): Buffer {
    let out = ''
    let start = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]
      const secondOfPair = byte === LF && this.#afterCr
      this.#afterCr = byte === CR
      if (secondOfPair) start = at + 1
      if (secondOfPair || (byte !== LF && byte !== CR)) continue
      this.#take(chunk.subarray(start, at))
      out += this.#endLine()
      start = at + 1
    }
    this.#take(chunk.subarray(start))
    return Buffer.from(out)
  }

  #take(piece: Buffer): void {
    if (piece.length === 0) return
    if (this.#line.length + piece.length + this.#eventBytes > this.#maxEventBytes) throw new AnswerRefused(`an event of the answer is larger than ${this.#maxEventBytes} bytes, and is not passed unfiltered`)
    this.#line.push(piece)
  }

  #endLine(): string {
    const bytes = this.#line.length
    const line = this.#lineText()
    if (line === '') return this.#endEvent()
    const colon = line.indexOf(':')
    // A comment: it keeps the connection alive, and belongs to no event.
    if (colon === 0) return `${line}\n`
    this.#eventBytes += bytes + 1
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') this.#data.push(value)
    else if (name === 'event' || name === 'id' || name === 'retry') this.#fields.push(`${name}: ${value}\n`)
    return ''
  }

  #lineText(): string {
    const line = decode(this.#line.take())
    const text = this.#first && line.startsWith(BOM) ? line.slice(1) : line
    this.#first = false
    return text
  }

  #endEvent(): string {
    const fields = this.#fields.join('')
    const text = this.#data.length === 0 ? undefined : this.#data.join('\n')
    this.#fields = []
    this.#data = []
    this.#eventBytes = 0
    // An event without data tells where to go on from, and after how long.
    if (text === undefined || text === '') return `${fields}${text === undefined ? '' : 'data: \n'}\n`
    const shown = this.#filter.document(text)
    if (shown === undefined) throw new AnswerRefused('an event of the answer cannot be judged, and is not passed unfiltered')
    return `${fields}${shown.split('\n').map((line) => `data: ${line}\n`).join('')}\n`
  }
}

function decode(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new AnswerRefused('an event of the answer is no UTF-8')
  }
}
