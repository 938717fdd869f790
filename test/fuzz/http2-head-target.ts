import { isConnectionSpecific } from '../../src/http/connection-fields.ts'
import { isDenial } from '../../src/model/denial.ts'
import { readHttp2Head } from '../../src/proxy/listener/http2-head.ts'
import { readRequest, type RawRequest, type ReadContext } from '../../src/proxy/listener/read-request.ts'
import { holds, type FuzzTarget } from './fuzz-target.ts'
import { linesOf } from './text-input.ts'

const MAX_BYTES = 2_048
const CONTEXT: ReadContext = {
  connection: { encrypted: true, peer: undefined, tunnel: undefined, latestProofs: undefined, latestFields: undefined } as ReadContext['connection'],
  bound: undefined, nowMs: 0, maxUriBytes: 4_096, maxHeaders: 32, ownHosts: undefined,
}

/** `name: value` lines in the order of an HTTP/2 head; the colon of a pseudo-header field is part of its name. */
function fieldsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(':', 1)
    return colon === -1 ? [] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
  })
}

/** A head of HTTP/2, also one that no library would let through: what is accepted reads as one of HTTP/1.1 does, and in no other way. */
export const http2HeadTarget: FuzzTarget = {
  name: 'http2-head',
  covers: ['src/proxy/listener/http2-head.ts', 'src/http/connection-fields.ts'],
  words: [
    ':method: GET', ':method: POST', ':scheme: https', ':scheme: http', ':authority: localhost', ':path: /github/a', ':status: 200', ':protocol: websocket',
      ':x: y', 'host: localhost', 'host: LOCALHOST', 'host: evil.example',
    'connection: close', 'transfer-encoding: chunked', 'keep-alive: x', 'proxy-connection: x', 'upgrade: h2c', 'http2-settings: x', 'te: trailers', 'te: gzip',
      'cookie: a=b', 'content-length: 5', 'authorization: Bearer x',
    'accept: a/b', '\n', ': ', ' ', '\t', '\0', '\r', 'HTTP/1.1',
  ],
  seeds: [
    ':method: GET\n:scheme: https\n:authority: localhost\n:path: /github/a?b=c\nauthorization: Bearer x\naccept: a/b',
    ':method: POST\n:scheme: https\n:path: /github/a\nhost: localhost\nauthorization: Bearer x\ncontent-length: 5\ncookie: a\ncookie: b',
    ':method: GET\n:scheme: https\n:authority: localhost\n:path: /github/a\nhost: localhost\nte: trailers',
    ':method: CONNECT\n:protocol: websocket\n:scheme: https\n:authority: localhost\n:path: /',
  ],
  run: (input) => {
    const fields = fieldsOf(linesOf(input))
    for (const ended of [true, false]) {
      const raw = readHttp2Head({ fields, ended, scheme: 'https', maxBytes: MAX_BYTES })
      if (!isDenial(raw)) check(raw, fields, ended)
    }
  },
}

function check(raw: RawRequest, fields: readonly string[], ended: boolean): void {
  const valuesOf = (name: string): readonly string[] => fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === name)
  const [named, host, ...rest] = raw.rawHeaders
  holds(named === 'host' && (host === valuesOf(':authority')[0] || host === valuesOf('host')[0]), 'a host that nobody named')
  for (const [name, value] of [[':method', raw.method], [':path', raw.url], [':scheme', 'https']] as const) {
    const given = valuesOf(name)
    holds(given.length === 1 && given[0] === value, `${name} is not what was given once`)
  }
  holds(raw.unframed === !ended && raw.httpVersion === '2', 'another framing')
  const names = rest.filter((_, at) => at % 2 === 0)
  holds(names.every((name) => !name.startsWith(':') && name !== 'host' && !isConnectionSpecific(name)), 'a field that has no place in HTTP/2')
  const given = fields.filter((_, at) => isEndToEnd(fields[at - (at % 2)] ?? ''))
  holds(JSON.stringify(rest) === JSON.stringify(given), 'other fields than were given')
  holds(fields.join('').length + 16 * fields.length <= MAX_BYTES, 'more bytes than are taken')
  // A body that its stream frames has no twin in HTTP/1.1.
  if (ended) holds(readingOf(raw) === readingOf({ ...raw, httpVersion: '1.1' }), 'read in another way than in HTTP/1.1')
}

const isEndToEnd = (name: string): boolean => !name.startsWith(':') && name !== 'host'

/** By the one canonicaliser. */
function readingOf(raw: RawRequest): string {
  const read = readRequest(raw, CONTEXT)
  return JSON.stringify(isDenial(read) ? read.denial : read.request)
}
