import type { AnswerHandler, UpstreamCall } from '../../egress/upstream.ts'

/** Stands before another reader of an answer and passes everything on: what does something of its own overrides the event. */
export class AnswerDecorator implements AnswerHandler {
  protected readonly inner: AnswerHandler

  constructor(inner: AnswerHandler) {
    this.inner = inner
  }

  onCall(call: UpstreamCall): void {
    this.inner.onCall(call)
  }

  onBodySent(bytes: number): void {
    this.inner.onBodySent(bytes)
  }

  onInterim(status: number, fields: readonly string[]): void {
    this.inner.onInterim(status, fields)
  }

  onHead(status: number, fields: readonly string[]): void {
    this.inner.onHead(status, fields)
  }

  onData(chunk: Buffer): void {
    this.inner.onData(chunk)
  }

  onEnd(trailers: readonly string[]): void {
    this.inner.onEnd(trailers)
  }

  onError(error: Error): void {
    this.inner.onError(error)
  }
}
