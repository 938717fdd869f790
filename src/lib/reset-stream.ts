import type { Http2Stream } from 'node:http2'

/**
 * Breaks a stream of HTTP/2 off. Node's own `close` ends it first, by END_STREAM where the window has room: whoever reads it would take
 * a truncated message for a whole one, and might never be told of the reset. What was ended before stays so.
 * @param code RFC 9113 section 7
 * @see test/http2/reset-streams.test.ts, which holds this for every Node that the tests run on
 */
export function resetStream(stream: Http2Stream, code: number): void {
  stream.end = () => stream
  stream.close(code)
}
