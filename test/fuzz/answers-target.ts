import { AnswerReader, type AnswerSink } from '../../src/egress/http1/answer-reader.ts'
import { holds, type FuzzTarget } from './fuzz-target.ts'

interface Told {
  readonly events: readonly string[]
  readonly problem: boolean
  readonly ended: boolean
  readonly persistent: boolean
}

const ORDER = /^(?:interim )*(?:head (?:data )?(?:end )?)?$/
// oxlint-disable-next-line no-control-regex
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Bytes of an upstream: the same answer or the same refusal however they are cut, and nothing that is not whole is told as whole. */
export const answersTarget: FuzzTarget = {
  name: 'answers',
  covers: ['src/egress/http1/answer-reader.ts', 'src/egress/http1/answer-head.ts', 'src/egress/http1/answer-framing.ts', 'src/egress/http1/chunked-body.ts'],
  words: [
    'HTTP/1.1 200 OK\r\n', 'HTTP/1.0 ', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early\r\n', 'HTTP/1.1 101 Switching\r\n\r\n', ' 204 ', ' 304 ',
      'Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n', 'Connection: keep-alive\r\n',
      'Keep-Alive: timeout=5\r\n', '\r\n\r\n', '\r\n', '\n', '\r',
    '5\r\nhello\r\n', '0\r\n\r\n', ';a=b', ';a="b"', 'ffffffff', 'X-A: b\r\n', ': ', '\r\n ', 'chunked', 'gzip, chunked', '\0', '05', '+5', '0x5', 'hello',
  ],
  seeds: [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\nhello',
      'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 9\r\n\r\n',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=5\r\n\r\nhello',
  ],
  run: (input) => {
    for (const method of ['GET', 'HEAD']) {
      const whole = read(method, [Buffer.from(input)])
      holds(ORDER.test(whole.events.map((event) => `${event.split(' ', 1)[0] ?? ''} `).join('')),
        `told in another order: ${whole.events.map((event) => event.split(' ', 1)[0]).slice(0, 6).join(' ')}`)
      holds(!(whole.problem && whole.ended && whole.persistent && !goesOn(whole)), 'a problem, and a connection that is kept')
      for (const size of [1, 2, 5]) {
        const cut = read(method, Array.from({ length: Math.ceil(input.length / size) }, (_, at) => input.subarray(at * size, (at + 1) * size)))
        holds(JSON.stringify(cut.events) === JSON.stringify(whole.events) && cut.ended === whole.ended, 'another answer where it comes in other pieces')
        holds(cut.problem === whole.problem, 'a problem in some pieces alone')
      }
    }
  },
}

/** Bytes behind the end are a problem of the connection, not of the answer. */
function goesOn(told: Told): boolean {
  return told.events.at(-1)?.startsWith('end') === true
}

function read(method: string, chunks: readonly Buffer[]): Told {
  const events: string[] = []
  let data = ''
  let ended = false
  const flush = (): void => {
    if (data !== '') events.push(`data ${data}`)
    data = ''
  }
  const fieldsOf = (kind: string, status: number, fields: readonly string[]): void => {
    flush()
    holds(fields.length % 2 === 0 && fields.every((text) => VALUE.test(text)), 'a control character in a field')
    events.push(`${kind} ${status} ${JSON.stringify(fields)}`)
  }
  const sink: AnswerSink = {
    interim: (status, fields) => {
      holds(status >= 100 && status < 200 && status !== 101, 'an interim answer that is none')
      fieldsOf('interim', status, fields)
    },
    head: (status, fields) => {
      holds(status >= 200 && status < 1_000, 'a status that is none')
      fieldsOf('head', status, fields)
    },
    data: (chunk) => { data += chunk.toString('latin1') },
    end: (trailers) => {
      flush()
      holds(!ended, 'ended twice')
      ended = true
      events.push(`end ${JSON.stringify(trailers)}`)
    },
  }
  const reader = new AnswerReader(2_048)
  reader.expect(method)
  let problem = false
  for (const chunk of chunks) {
    problem = reader.push(chunk, sink) !== undefined
    if (problem) break
  }
  flush()
  return { events, problem, ended, persistent: reader.persistent }
}
