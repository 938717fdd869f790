import type { Duplex } from 'node:stream'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

/** One answer as it came over the wire. */
export interface Answer {
  readonly status: number
  /** Names in lower case, in order, duplicates included. */
  readonly fields: readonly (readonly [string, string])[]
  /** Chunks joined, content coding undone. */
  readonly body: string
  /** Postern's own code where the answer is one of its refusals, in whatever client's language. */
  readonly code: string | undefined
  /** False where the connection ended before the answer did. */
  readonly whole: boolean
}

/** One field's values. */
export function valuesOf(answer: Answer, name: string): readonly string[] {
  return answer.fields.flatMap(([field, value]) => (field === name ? [value] : []))
}

interface Parsed {
  readonly answer: Answer
  /** Bytes used. */
  readonly length: number
}

/** One connection of an agent's, read and written as bytes. */
export class Wire {
  readonly socket: Duplex
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>
  #unread = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => undefined

  /** @param keep told of every byte that came */
  constructor(socket: Duplex, keep: (bytes: Buffer) => void) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      keep(chunk)
      this.#unread = Buffer.concat([this.#unread, chunk])
      this.#wake()
    })
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#ended = true
        this.#wake()
        resolve()
      })
    })
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Sends a request and reads its answer. */
  ask(bytes: string | Buffer): Promise<Answer> {
    this.send(bytes)
    return this.answer(bytes.toString('latin1').startsWith('HEAD '))
  }

  /** The next answer that is not interim. Where the connection ends first: what there is of it, status 0 for nothing. */
  async answer(toHead = false): Promise<Answer> {
    for (;;) {
      const parsed = parseAnswer(this.#unread, toHead, this.#ended)
      if (parsed !== undefined) {
        this.#unread = this.#unread.subarray(parsed.length)
        if (parsed.answer.status < 100 || parsed.answer.status > 199) return parsed.answer
      } else {
        if (this.#ended) return { status: 0, fields: [], body: this.#unread.toString('latin1'), code: undefined, whole: false }
        await this.#more()
      }
    }
  }

  /** Reads until the text stands in what has not been read yet. @throws Error where the connection ends first */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#unread.toString('latin1'))
      if (match !== null) {
        const end = match.index + match[0].length
        const text = this.#unread.toString('latin1', 0, end)
        this.#unread = this.#unread.subarray(end)
        return text
      }
      if (this.#ended) throw new Error(`the connection ended before ${pattern.source} came`)
      await this.#more()
    }
  }

  close(): void {
    this.socket.destroy()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

function parseAnswer(bytes: Buffer, toHead: boolean, ended: boolean): Parsed | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(line)?.[1] ?? 0)
  const fields = lines.map((text) => [text.slice(0, text.indexOf(':')).toLowerCase(), text.slice(text.indexOf(':') + 1).trim()] as const)
  const content = contentOf(bytes.subarray(end + 4), status, fields, toHead, ended)
  if (content === undefined) return undefined
  const body = decoded(content.body, fields).toString('utf8')
  return { answer: { status, fields, body, code: codeOf(body), whole: content.whole }, length: end + 4 + content.length }
}

type Content = { readonly body: Buffer; readonly length: number; readonly whole: boolean }

function contentOf(rest: Buffer, status: number, fields: Answer['fields'], toHead: boolean, ended: boolean): Content | undefined {
  const value = (name: string): string | undefined => fields.find(([field]) => field === name)?.[1]
  if (toHead || status < 200 || status === 204 || status === 304) return { body: Buffer.alloc(0), length: 0, whole: true }
  if (value('transfer-encoding') === 'chunked') return chunked(rest, ended)
  const length = value('content-length')
  if (length !== undefined && rest.length >= Number(length)) return { body: rest.subarray(0, Number(length)), length: Number(length), whole: true }
  return ended ? { body: rest, length: rest.length, whole: length === undefined } : undefined
}

function chunked(rest: Buffer, ended: boolean): Content | undefined {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    if (size === 0 && rest.length >= lineEnd + 4) return { body: Buffer.concat(chunks), length: lineEnd + 4, whole: true }
    if (!(size > 0) || rest.length < lineEnd + 2 + size + 2) return ended ? { body: Buffer.concat(chunks), length: rest.length, whole: false } : undefined
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}

function decoded(body: Buffer, fields: Answer['fields']): Buffer {
  const coding = fields.find(([field]) => field === 'content-encoding')?.[1]
  try {
    if (coding === 'gzip') return gunzipSync(body)
    if (coding === 'deflate') return inflateSync(body)
    if (coding === 'br') return brotliDecompressSync(body)
  } catch {
    // cut short: what came is all there is to look at
  }
  return body
}

function codeOf(body: string): string | undefined {
  return /"code":\s*"([a-z_]+)"/.exec(body)?.[1] ?? /"error":\s*"postern_([a-z_]+)"/.exec(body)?.[1]
}
