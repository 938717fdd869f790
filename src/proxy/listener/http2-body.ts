import type { ServerHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'

/**
 * The body of one request of HTTP/2. The library's own stream says `end` also where the client reset it within its body; this one ends
 * only where the client did, and is otherwise destroyed: a truncated body is never taken for a whole one.
 */
export class Http2Body extends Readable {
  readonly #stream: ServerHttp2Stream
  #begun = false
  #whole = false
  #bytes = 0

  constructor(stream: ServerHttp2Stream) {
    super()
    this.#stream = stream
    stream.once('close', () => { if (!this.#whole) this.destroy() })
    if (stream.destroyed) this.destroy()
  }

  /** The client has ended it, whether or not it was read to there. */
  get whole(): boolean {
    return this.#whole
  }

  /** As many as were read of it. */
  get bytes(): number {
    return this.#bytes
  }

  override _read(): void {
    if (this.#begun) {
      this.#stream.resume()
      return
    }
    this.#begun = true
    this.#stream.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length
      if (!this.push(chunk)) this.#stream.pause()
    })
    this.#stream.once('end', () => this.#onEnd())
  }

  #onEnd(): void {
    if (this.#stream.aborted) {
      this.destroy()
      return
    }
    this.#whole = true
    this.push(null)
  }
}
