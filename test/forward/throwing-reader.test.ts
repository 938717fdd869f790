import { describe, expect, it } from 'vitest'
import { AnswerDecorator } from '../../src/proxy/forward/answer-decorator.ts'
import { ScrubbedAnswer } from '../../src/proxy/forward/scrubbed-answer.ts'
import type { AnswerHandler } from '../../src/egress/upstream.ts'
import { Http1Call } from '../../src/egress/http1/http1-call.ts'
import { scrubberFor } from '../scrub/scrubbing.ts'

/** What the reader of an answer is told by a call whose answer is whole, where it throws at just this end. */
function toldOf(decorated: (reader: AnswerHandler) => AnswerHandler): readonly string[] {
  const told: string[] = []
  const reader: AnswerHandler = {
    onCall: () => undefined, onBodySent: () => undefined, onInterim: () => undefined,
    onHead: () => told.push('head'),
    onData: () => told.push('data'),
    onEnd: () => {
      told.push('end')
      throw new Error('a filter refused it')
    },
    onError: ({ message }) => told.push(message),
  }
  const handler = decorated(reader)
  const call = new Http1Call({ method: 'GET', target: '/', authority: 'a', fields: [], body: { kind: 'none' } }, handler)
  handler.onCall(call)
  handler.onHead(200, [])
  handler.onData(Buffer.from('one'))
  call.complete([])
  return told
}

describe('a reader that throws at the very end of an answer', () => {
  it.each<[string, (reader: AnswerHandler) => AnswerHandler]>([
    ['by itself', (reader) => reader],
    ['behind a decorator', (reader) => new AnswerDecorator(reader)],
    ['behind the scrub', (reader) => new ScrubbedAnswer(reader, scrubberFor('ghs_16C7e42F292c6912E7710c838347Ae178B4a'))],
  ])('is told of it as the error that ends the call: %s', (_, decorated) => {
    expect(toldOf(decorated)).toEqual(['head', 'data', 'end', 'a filter refused it'])
  })
})
