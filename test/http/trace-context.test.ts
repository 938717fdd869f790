import { describe, expect, it } from 'vitest'
import { traceIdOf } from '../../src/http/trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const GOOD = `00-${TRACE}-00f067aa0ba902b7-01`

describe('the trace of a request', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['one that is named', ['Accept', '*/*', 'traceparent', GOOD], TRACE],
    ['by whatever spelling', ['TraceParent', GOOD], TRACE],
    ['of a later version, which says more', ['traceparent', `cc-${TRACE}-00f067aa0ba902b7-01-what-comes`], TRACE],
    ['none', ['Accept', '*/*'], undefined],
    ['two', ['traceparent', GOOD, 'traceparent', GOOD], undefined],
    ['zeros', ['traceparent', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`], undefined],
    ['without a parent', ['traceparent', `00-${TRACE}-${'0'.repeat(16)}-01`], undefined],
    ['the version that is none', ['traceparent', `ff-${TRACE}-00f067aa0ba902b7-01`], undefined],
    ['in capitals', ['traceparent', GOOD.toUpperCase()], undefined],
    ['of another form', ['traceparent', 'Bearer ghp_abcdef'], undefined],
    ['of any length', ['traceparent', `${GOOD}-${'x'.repeat(1000)}`], undefined],
    ['as a value, not a name', ['x-note', 'traceparent', 'x-other', GOOD], undefined],
  ])('%s', (_, headers, expected) => expect(traceIdOf(headers)).toBe(expected))
})
