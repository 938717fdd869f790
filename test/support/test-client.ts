import { PassThrough, type Readable } from 'node:stream'
import type { ClientSide, HttpVersion } from '../../src/proxy/client-side.ts'

/** A client's side without a socket: what is told to it stands on it. */
export class TestClient implements ClientSide {
  readonly version: HttpVersion = '1.1'
  readonly body: Readable
  readonly written: Buffer[] = []
  readonly listeners = new Set<() => void>()
  status: number | undefined
  ended = false
  gone = false
  continued = 0
  received = false

  constructor(body: Readable = new PassThrough().end()) {
    this.body = body
    body.once('end', () => { this.received = true })
  }

  get begun(): boolean {
    return this.status !== undefined
  }

  sendContinue(): void {
    this.continued += 1
  }

  interim(): void {}

  head(status: number): void {
    this.status = status
  }

  write(chunk: Buffer): boolean {
    this.written.push(chunk)
    return true
  }

  end(): void {
    this.ended = true
    this.close()
  }

  onDrain(): void {}

  onClose(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  cut(): void {
    this.leave()
  }

  answer(status: number, _fields: readonly string[], body: Buffer | undefined): void {
    this.head(status)
    if (body !== undefined) this.write(body)
    this.end()
  }

  /** The client's connection ends. */
  leave(): void {
    this.gone = true
    this.close()
  }

  /** The exchange is over on this side. */
  close(): void {
    for (const listener of this.listeners) listener()
    this.listeners.clear()
  }
}
