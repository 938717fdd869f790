import type { ClientHttp2Stream } from 'node:http2'

/** Ours, and the one that Node adds when a stream is closed before its end was read. */
const WITHOUT_END_OF_STREAM = 2

/**
 * Whether the upstream itself ended the answer. To be asked within the stream's `end`, at which exactly one listener of ours listens: Node
 * says `end` also of an answer that was reset in its middle, by a lost connection or by RST_STREAM(NO_ERROR). Only where END_STREAM came
 * does it listen for `end` itself before the stream is closed; nothing else of its API tells the two apart.
 * @see test/http2/truncated-answers.test.ts, which holds this for every Node that the tests run on
 */
export function isWholeAnswer(stream: ClientHttp2Stream): boolean {
  return !stream.closed || (!stream.destroyed && stream.listenerCount('end') > WITHOUT_END_OF_STREAM)
}
