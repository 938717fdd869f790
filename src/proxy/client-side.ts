import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** The protocol in which the client speaks: an exchange is the same in all of them. */
export type HttpVersion = '1.0' | '1.1' | '2'

/**
 * The client's side of one exchange: its request's body, and the answer to it. One adapter a protocol, in `listener/`;
 * stages know no sockets. Everything after the client is `gone` is a no-op, never an error.
 */
export interface ClientSide {
  readonly version: HttpVersion
  /** The request's body, with an end also where it is empty. Nothing is read from the client before somebody listens. */
  readonly body: Readable
  /** The whole request has arrived. */
  readonly received: boolean
  /** The answer's head was written: from here on it can only go on, or be cut. */
  readonly begun: boolean
  /** Nobody reads an answer any more: the client left, or it was cut. */
  readonly gone: boolean
  /** Lets a client that waits for it send its body (RFC 9110 section 10.1.1); nothing where it does not wait. */
  sendContinue(): void
  /** An interim answer of the upstream's (RFC 9110 section 15.2) but 100 and 101; nothing where the client's version has none. */
  interim(status: number, fields: readonly string[]): void
  /**
   * The answer's head.
   * @param fields name, value, name, value …: end-to-end fields, without any length
   * @param contentLength undefined where it is not known: the answer is then framed by its end
   */
  head(status: number, fields: readonly string[], contentLength: number | undefined): void
  /** @returns false where the client takes no more for now: wait for `onDrain` */
  write(chunk: Buffer): boolean
  /** @param trailers name, value, name, value …; left out where the client's version or framing has none */
  end(trailers?: readonly string[]): void
  /** Once, when the client takes bytes again. */
  onDrain(listener: () => void): void
  /** Once, when the exchange is over on this side: all was written, or the client is gone. @returns takes the listener off */
  onClose(listener: () => void): () => void
  /** Breaks off so that a truncated answer is seen as one: HTTP/1 loses its connection, HTTP/2 this stream. */
  cut(): void
  /**
   * A whole answer of ours. Where the request was not read to its end, the connection (or stream) ends with it: what is left
   * must never be read as a next request.
   */
  answer(status: number, fields: readonly string[], body: Buffer | undefined): void
  /** Present where the request asks for a WebSocket: how it is granted, in place of any answer. */
  readonly upgrade?: ClientUpgrade | undefined
}

/** Grants what an upgrade asked for. */
export interface ClientUpgrade {
  /**
   * Writes the 101 and hands over the connection, paused: from here on its bytes are the caller's, and so is its end.
   * @param fields name, value, name, value …: what stands beside the handshake's own
   * @returns undefined where the client is gone
   */
  accept(fields: readonly string[], protocol: string | undefined): Socket | undefined
}
