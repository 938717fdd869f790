import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { acceptOf } from '../../http/websocket/accept.ts'
import type { Timers } from '../../lib/timers.ts'
import type { ClientSide, ClientUpgrade } from '../client-side.ts'
import { ClientEnd } from './client-end.ts'
import { lingerThenDestroy } from './refuse.ts'

/** How a body that goes out is told apart from what follows. */
type Framing = 'none' | 'length' | 'chunked'

const NO_CONTENT = 204
const NOT_MODIFIED = 304

/**
 * The client's side of a request that asks for a WebSocket, on the bare connection: the HTTP parser has left it. It gets a 101, or one
 * ordinary answer after which the connection ends. A client that sends anything before it was answered is cut: whatever that is, it was
 * written without knowing who reads it.
 */
export class UpgradeClient extends ClientEnd implements ClientSide, ClientUpgrade {
  readonly version = '1.1'
  readonly received = true
  readonly body: Readable = Readable.from([])
  readonly #socket: Socket
  readonly #key: string
  readonly #timers: Timers
  #framing: Framing = 'none'
  #begun = false

  /** @param key the client's `Sec-WebSocket-Key` */
  constructor(socket: Socket, key: string, timers: Timers) {
    super()
    this.#socket = socket
    this.#key = key
    this.#timers = timers
    socket.setTimeout(0)
    socket.on('data', this.#onEarly).on('end', this.#onLeave).on('close', this.#onLeave)
    // Unread, the client's leaving would go unnoticed.
    socket.resume()
  }

  get upgrade(): ClientUpgrade {
    return this
  }

  get begun(): boolean {
    return this.#begun
  }

  get gone(): boolean {
    return this.#socket.destroyed
  }

  sendContinue(): void {
    // It has no body.
  }

  interim(status: number, fields: readonly string[]): void {
    if (!this.#begun && !this.gone) this.#socket.write(`${headText(status, fields)}\r\n`, 'latin1')
  }

  head(status: number, fields: readonly string[], contentLength: number | undefined): void {
    if (this.gone) return
    this.#begun = true
    const bodiless = status === NO_CONTENT || status === NOT_MODIFIED
    this.#framing = bodiless ? 'none' : contentLength === undefined ? 'chunked' : 'length'
    const framing = this.#framing === 'length' ? `content-length: ${contentLength}\r\n` : this.#framing === 'chunked' ? 'transfer-encoding: chunked\r\n' : ''
    this.#socket.write(`${headText(status, fields)}${framing}connection: close\r\n\r\n`, 'latin1')
  }

  write(chunk: Buffer): boolean {
    if (this.gone || this.#framing === 'none' || chunk.length === 0) return true
    if (this.#framing === 'length') return this.#socket.write(chunk)
    this.#socket.cork()
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
    this.#socket.write(chunk)
    const taken = this.#socket.write('\r\n', 'latin1')
    this.#socket.uncork()
    return taken
  }

  end(trailers: readonly string[] = []): void {
    if (this.gone) return
    this.#finish(this.#framing === 'chunked' ? `0\r\n${fieldLines(trailers)}\r\n` : '')
  }

  onDrain(listener: () => void): void {
    this.#socket.once('drain', listener)
  }

  cut(): void {
    this.#socket.destroy()
    this.over()
  }

  answer(status: number, fields: readonly string[], body: Buffer | undefined): void {
    if (this.gone || this.#begun) return
    this.head(status, fields, body?.length ?? 0)
    if (body !== undefined) this.write(body)
    this.end()
  }

  endConnection(): void {
    // With its answer it ends anyhow; with its WebSocket, by whoever joined it.
  }

  accept(fields: readonly string[], protocol: string | undefined): Socket | undefined {
    if (this.gone || this.isOver) return undefined
    this.#begun = true
    this.#leave()
    this.#socket.pause()
    const chosen = protocol === undefined ? [] : ['sec-websocket-protocol', protocol]
    const own = ['upgrade', 'websocket', 'connection', 'Upgrade', 'sec-websocket-accept', acceptOf(this.#key), ...chosen]
    this.#socket.write(`${headText(101, [...own, ...fields])}\r\n`, 'latin1')
    this.#socket.once('close', () => this.over())
    return this.#socket
  }

  readonly #onEarly = (): void => {
    if (!this.#begun) this.cut()
  }

  readonly #onLeave = (): void => {
    if (!this.isOver) this.cut()
  }

  #finish(last: string): void {
    this.#leave()
    this.#socket.end(last, 'latin1')
    lingerThenDestroy(this.#socket, this.#timers)
    // Nothing but the system's buffers stands between this and the client; whether it leaves now changes nothing.
    this.over()
  }

  #leave(): void {
    this.#socket.off('data', this.#onEarly).off('end', this.#onLeave).off('close', this.#onLeave)
  }
}

function headText(status: number, fields: readonly string[]): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fieldLines(fields)}`
}

function fieldLines(fields: readonly string[]): string {
  let lines = ''
  for (let at = 0; at + 1 < fields.length; at += 2) lines += `${fields[at]}: ${fields[at + 1]}\r\n`
  return lines
}
