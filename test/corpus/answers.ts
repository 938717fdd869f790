import { brokenAnswer, POISON, refusedAnswer, wholeAnswer, wholeOrRefused, type AnswerFamily, type AnswerRow } from './answer-case.ts'

const answer = (id: string, fields = '', line = 'HTTP/1.1 200 OK'): string => `${line}\r\n${fields}Content-Length: ${id.length}\r\n\r\n${id}`
const chunked = (body: string, fields = ''): string => `HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n${body}`
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

const STATUS_LINES = [
  'HTTP/1.1', 'HTTP/1.1 ', 'HTTP/1.1 OK', 'HTTP/1.1 2 OK', 'HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 2OO OK', 'HTTP/1.1 -200 OK', 'HTTP/1.1 +200 OK',
    'HTTP/1.1 0x200 OK', 'HTTP/1.1 000 OK', 'HTTP/1.1 099 OK', 'HTTP/1.1 200.0 OK', 'HTTP/1.1\t200 OK', 'HTTP/1.1  200 OK',
  'HTTP/1.1 200\tOK', ' HTTP/1.1 200 OK', '\tHTTP/1.1 200 OK', 'http/1.1 200 OK', 'Http/1.1 200 OK', 'HTTP/1.2 200 OK', 'HTTP/1.9 200 OK', 'HTTP/2 200',
    'HTTP/2.0 200 OK', 'HTTP/3 200', 'HTTP/0.9 200 OK', 'HTTP/1 200 OK', 'HTTP/1. 200 OK', 'HTTP/.1 200 OK', 'HTTP/1.1.1 200 OK', 'HTTP/11 200 OK',
    'HTTP/01.1 200 OK', 'HTTP/1.01 200 OK',
  'HTTPS/1.1 200 OK', 'XHTTP/1.1 200 OK', 'ICY 200 OK', 'RTSP/1.0 200 OK', 'SIP/2.0 200 OK', 'HTTP /1.1 200 OK', 'HTTP/1.1200 OK', '200 OK', 'OK',
    'GET / HTTP/1.1', 'HTTP/1.1 200 O\0K', 'HTTP/1.1 200 O\x01K', 'HTTP/1.1 200 O\x7fK', 'HTTP/1.1 200 O\x1b[31mK', '\0HTTP/1.1 200 OK',
    '\xef\xbb\xbfHTTP/1.1 200 OK', 'HTTP/1.1 200 OK\rX: y',
]

const statusLines: readonly AnswerRow[] = [
  ...STATUS_LINES.map((line) => refusedAnswer(JSON.stringify(line), (id) => answer(id, '', line))),
  ...['HTTP/1.1 200 OK', 'HTTP/1.1 200 ', 'HTTP/1.1 200 Very Well Indeed', 'HTTP/1.1 200 \xc3\x9c'].map((line) => wholeAnswer(JSON.stringify(line),
    (id) => answer(id, '', line))),
  ...[[201, 'Created'], [299, 'Odd'], [404, 'Not Found'], [418, 'Teapot'], [500, 'No'], [599, 'No']].map(([status, reason]) => wholeAnswer(`status ${status}`,
    (id) => answer(id, '', `HTTP/1.1 ${status} ${reason}`), { status: Number(status) })),
  wholeOrRefused('no reason and no space', (id) => answer(id, '', 'HTTP/1.1 200')),
  ...['HTTP/1.1 600 No', 'HTTP/1.1 999 No'].map((line) => wholeOrRefused(JSON.stringify(line), (id) => answer(id, '', line), { status: Number(line.slice(9, 12)) })),
  wholeAnswer('HTTP/1.0', (id) => answer(id, '', 'HTTP/1.0 200 OK'), { kept: false }),
]

const FIELD_LINES = [
  'X-A', 'X-A b', ': b', ' : b', 'X-A : b', 'X-A\t: b', ' X-A: b', '\tX-A: b', 'X A: b', 'X\tA: b', 'X-A: b\r\n c', 'X-A: b\r\n\tc', 'X-A:\r\n b',
    'X-A: b\nX-B: c', 'X-A: b\rX-B: c', 'X-A: b\n\nHTTP/1.1 200 OK', 'X-A: \0', 'X-A: a\0b', 'X-A: a\x01b', 'X-A: a\x0bb', 'X-A: a\x0cb', 'X-A: a\x1bb',
    'X-A: a\x7fb', 'X-A: a\x08b',
  'X(A): b', 'X@A: b', 'X,A: b', 'X;A: b', 'X=A: b', 'X"A: b', 'X/A: b', 'X[A]: b', 'X{A}: b', 'X?A: b', 'X\\A: b', 'X<A>: b', 'X\xe9: b', 'X\0: b', 'X\x01: b',
    'X\x7f: b', '\0: b', '\x0b: b', 'nonsense', 'HTTP/1.1 200 OK', '\r', '\0',
]
const fields: readonly AnswerRow[] = [
  ...FIELD_LINES.map((line) => refusedAnswer(JSON.stringify(line), (id) => answer(id, `${line}\r\n`), { ends: true })),
  ...['X-A:', 'X-A: ', 'X-A:b', 'X-A:\tb', 'X-A: b  ', 'X-A: \xe9\xff', 'x_a: b', '!#$%&\'*+-.^_`|~: b',
    `X-A: ${'a'.repeat(8_000)}`].map((line) => wholeAnswer(JSON.stringify(line.slice(0, 30)), (id) => answer(id, `${line}\r\n`))),
  refusedAnswer('LF for every end of a line', (id) => answer(id).replaceAll('\r\n', '\n'), { ends: true }),
  refusedAnswer('LF after the status line', (id) => answer(id).replace('\r\n', '\n'), { ends: true }),
  refusedAnswer('CR for every end of a line', (id) => answer(id).replaceAll('\r\n', '\r'), { ends: true }),
  refusedAnswer('CR CR LF for the end of a line', (id) => answer(id, 'X-A: b\r\n').replace('b\r\n', 'b\r\r\n')),
  refusedAnswer('a blank line first', (id) => `\r\n${answer(id)}`),
  refusedAnswer('a space in the empty line', (id) => answer(id).replace('\r\n\r\n', '\r\n \r\n'), { ends: true }),
]

const LENGTHS = ['', '+5', '-5', '-0', '05', '00', '0x5', '5.0', '5.', '5e0', '5 5', '5,5', '5, 5', '5;', '5,', ',5', '"5"', 'five', 'NaN', 'chunked', '5\x0b',
  '\xa05', '18446744073709551616', '99999999999999999999', '9007199254740993', '5_0', '1,000', '*', '٥']
const framings: readonly AnswerRow[] = [
  ...LENGTHS.map((value) => refusedAnswer(`Content-Length: ${JSON.stringify(value)}`,
    `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.from(value).toString('latin1')}\r\n\r\nhello${POISON}`, { ends: true })),
  ...[['5', '5'], ['5', '6'], ['0', '5'], ['5', '0'], ['5', ''], ['5', '05']].flatMap(([one, two]) => ['Content-Length', 'content-length'].map((name) =>
    // RFC 9110 section 8.6 lets equal ones pass: whoever reads them so reads five bytes.
    (one === two ? wholeOrRefused : refusedAnswer)(`Content-Length: ${one} and ${name}: ${two}`,
      `HTTP/1.1 200 OK\r\nContent-Length: ${one}\r\n${name}: ${two}\r\n\r\nhello`, { ends: true, body: () => 'hello', kept: false }))),
  ...['identity', 'gzip', 'deflate', 'gzip, chunked', 'chunked, gzip', 'chunked, identity', 'identity, chunked', 'chunked, chunked', 'xchunked', 'chunkedx',
    '"chunked"', 'chunked;q=1', 'chunked;', 'chunked,', ',chunked', '', 'chunked\x0b', '\x0bchunked', '\xa0chunked', 'chunked\0', 'x chunked', 'cow', '0',
    '*'].map((value) =>
    refusedAnswer(`Transfer-Encoding: ${JSON.stringify(value)}`, (id) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${value}\r\n\r\n${chunk(id)}0\r\n\r\n`,
      { ends: true })),
  ...[['chunked', 'chunked'], ['identity', 'chunked'], ['chunked', 'identity'], ['gzip', 'chunked'], ['chunked', '']].map(([one, two]) =>
    refusedAnswer(`Transfer-Encoding: ${one} and again: ${two}`,
      (id) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${one}\r\ntransfer-encoding: ${two}\r\n\r\n${chunk(id)}0\r\n\r\n`, { ends: true })),
  ...['0', '5', '100', 'x'].flatMap((length) => ['chunked', 'identity', 'Chunked'].flatMap((coding) => [
    refusedAnswer(`length ${length} and coding ${coding}`, (id) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nTransfer-Encoding: ${coding}\r\n\r\n${chunk(id)}0\r\n\r\n${POISON}`, { ends: true }),
    refusedAnswer(`coding ${coding} and length ${length}`, (id) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\nContent-Length: ${length}\r\n\r\n${chunk(id)}0\r\n\r\n${POISON}`, { ends: true }),
  ])),
  refusedAnswer('chunks in HTTP/1.0', (id) => `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(id)}0\r\n\r\n`, { ends: true }),
  ...['Content-Length ', ' Content-Length', 'Content Length', 'Content-Length\0', 'Transfer-Encoding ', ' Transfer-Encoding', 'Transfer Encoding',
    'Transfer-Encoding\x0b'].map((name) => refusedAnswer(`${JSON.stringify(name)} as a name`, (id) => answer(id, `${name}: chunked\r\n`), { ends: true })),
  ...['chunked', 'Chunked', 'CHUNKED', '  chunked', 'chunked  '].map((value) => wholeAnswer(`Transfer-Encoding: ${JSON.stringify(value)}`,
    (id) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${value}\r\n\r\n${chunk(id)}0\r\n\r\n`)),
  wholeAnswer('no framing, ended by the connection', (id) => `HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n${id}`, { ends: true, kept: false }),
  wholeAnswer('Connection: close', (id) => answer(id, 'Connection: close\r\n'), { kept: false }),
  wholeAnswer('Connection: close among others', (id) => answer(id, 'Connection: x, Close\r\n'), { kept: false }),
]

const CHUNKS = ['zz', '0x5', '-5', '+5', ' 5', '5 ', '5\t', '', '5\0', '\x0b5', '5,5', '5 5', '"5"', '5.0', '5h', 'G', '5\xa0', 'fffffffffffffffff',
  '10000000000000005', '10000000000000000000000005', '5=', '5:']
const chunks: readonly AnswerRow[] = [
  ...CHUNKS.map((size) => brokenAnswer(`a size ${JSON.stringify(size)}`, chunked(`${size}\r\nhello\r\n0\r\n\r\n${POISON}`), { ends: true })),
  ...[
    ['LF after the size', '5\nhello\r\n0\r\n\r\n'], ['LF after the data', '5\r\nhello\n0\r\n\r\n'], ['LF after the last size', '5\r\nhello\r\n0\n\r\n'],
      ['LF for the end', '5\r\nhello\r\n0\r\n\n'], ['CR alone after the size', '5\rhello\r\n0\r\n\r\n'], ['CR alone after the data', '5\r\nhello\r0\r\n\r\n'],
    ['no end of the data', '5\r\nhello0\r\n\r\n'], ['data longer than said', '5\r\nhelloXX\r\n0\r\n\r\n'], ['data shorter than said', '6\r\nhello\r\n0\r\n\r\n'],
      ['an empty line first', '\r\n5\r\nhello\r\n0\r\n\r\n'], ['an empty line between', '5\r\nhello\r\n\r\n0\r\n\r\n'],
    ['LF in an extension', '5;a=b\nc\r\nhello\r\n0\r\n\r\n'], ['CR in an extension', '5;a=b\rc\r\nhello\r\n0\r\n\r\n'], ['NUL in an extension',
      '5;a=\0\r\nhello\r\n0\r\n\r\n'], ['an extension over any bound', `5;${'a'.repeat(70_000)}\r\nhello\r\n0\r\n\r\n`],
    ['a trailer without a colon', '5\r\nhello\r\n0\r\nnonsense\r\n\r\n'], ['a folded trailer', '5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n'], ['NUL in a trailer',
      '5\r\nhello\r\n0\r\nX-A: \0\r\n\r\n'], ['LF after a trailer', '5\r\nhello\r\n0\r\nX-A: b\nX-B: c\r\n\r\n'], ['a space in a trailer’s name',
      '5\r\nhello\r\n0\r\nX A: b\r\n\r\n'],
    ['trailers over any bound', `5\r\nhello\r\n0\r\n${`X-A: ${'a'.repeat(1_000)}\r\n`.repeat(80)}\r\n`], ['no last chunk', '5\r\nhello\r\n'],
      ['no end after the last size', '5\r\nhello\r\n0\r\n'], ['half a trailer', '5\r\nhello\r\n0\r\nX-A: b'],
  ].map(([name = '', body = '']) => brokenAnswer(name, chunked(body), { ends: true })),
  ...[
    ['zeros before the size', (id: string) => `000${chunk(id)}000\r\n\r\n`], ['an extension',
      (id: string) => `${id.length.toString(16)};a=b\r\n${id}\r\n0\r\n\r\n`], ['an extension at the end', (id: string) => `${chunk(id)}0;a\r\n\r\n`],
      ['a trailer', (id: string) => `${chunk(id)}0\r\nX-A: b\r\n\r\n`],
    ['a chunk a byte', (id: string) => `${[...id].map(chunk).join('')}0\r\n\r\n`], ['framing as trailers',
      (id: string) => `${chunk(id)}0\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`], ['cookies as trailers',
      (id: string) => `${chunk(id)}0\r\nSet-Cookie: a=b\r\n\r\n`],
  ].map(([name, body]) => wholeOrRefused(name as string, (id) => chunked((body as (id: string) => string)(id)))),
]

const CUTS = 24
const truncated: readonly AnswerRow[] = [['by length', (id: string) => answer(`${id}-${'x'.repeat(40)}`)], ['in chunks',
  (id: string) => chunked(`${chunk(id)}${chunk('hello')}0\r\n\r\n`)]].flatMap(([what, make]) => Array.from({ length: CUTS }, (_, at) =>
  brokenAnswer(`${what as string}, ended at ${at}/${CUTS}`, (id) => {
    const whole = (make as (id: string) => string)(id)
    return whole.slice(0, Math.floor(((whole.length - 1) * at) / (CUTS - 1)))
  }, { ends: true })))

const inPieces: readonly AnswerRow[] = [
  wholeAnswer('a byte at a time', (id) => [...answer(id)]),
  wholeAnswer('chunks, a byte at a time', (id) => [...chunked(`${chunk(id)}0\r\nX-A: b\r\n\r\n`)]),
  ...[1, 2, 3, 5, 7, 11].map((size) => wholeAnswer(`${size} bytes at a time`,
    (id) => chunked(`${chunk(id)}${chunk(id)}0\r\n\r\n`).match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [], { body: (id) => id + id })),
]

/** What follows a whole answer belongs to nobody. */
const BEHIND: readonly (readonly [name: string, bytes: string])[] = [
  ['another answer', POISON], ['one byte', 'x'], ['a line end', '\r\n'], ['NULs', '\0\0\0'], ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['half an answer', POISON.slice(0, 20)], ['a chunk', '5\r\nhello\r\n'], ['many answers', POISON.repeat(20)],
]
const behind: readonly AnswerRow[] = BEHIND.flatMap(([name, more]) => [
  wholeAnswer(`${name} behind a length`, (id) => answer(id) + more, { kept: false }),
  wholeAnswer(`${name} behind chunks`, (id) => chunked(`${chunk(id)}0\r\n\r\n`) + more, { kept: false }),
])
/** Nobody can tell them from an answer once the next request is under way: these are asked one after the other. */
const late: readonly AnswerRow[] = BEHIND.flatMap(([name, more]) => [
  wholeAnswer(`${name} behind a length, a moment later`, (id) => [answer(id), more], { kept: false }),
  wholeAnswer(`${name} behind chunks, a moment later`, (id) => [chunked(`${chunk(id)}0\r\n\r\n`), more], { kept: false }),
])

const interim = (status: number, fields = ''): string => `HTTP/1.1 ${status} Interim\r\n${fields}\r\n`
const interims: readonly AnswerRow[] = [
  ...[100, 102, 103, 104, 199].map((status) => wholeAnswer(`${status} first`, (id) => interim(status) + answer(id))),
  wholeAnswer('several of them', (id) => [interim(100), interim(103, 'Link: </a>; rel=preload\r\n'), interim(102), answer(id)]),
  wholeOrRefused('an interim answer with a length', (id) => interim(103, 'Content-Length: 5\r\n') + answer(id)),
  ...[1_000, 20_000].map((count) => brokenAnswer(`${count} of them`, () => interim(103).repeat(count), { ends: true })),
  brokenAnswer('nothing but one', () => interim(100), { ends: true }),
  ...['websocket', 'h2c', 'TLS/1.3', ''].map((protocol) => refusedAnswer(`101 to ${protocol === '' ? 'nothing' : protocol}, unasked`,
    (id) => `HTTP/1.1 101 Switching Protocols\r\n${protocol === '' ? '' : `Upgrade: ${protocol}\r\nConnection: Upgrade\r\n`}\r\n${answer(id)}`)),
  refusedAnswer('a bad interim answer', (id) => `HTTP/1.1 103 Early\r\nX A: b\r\n\r\n${answer(id)}`),
]

const bodiless: readonly AnswerRow[] = [
  ...[204, 304].flatMap((status) => [
    wholeAnswer(`${status}`, `HTTP/1.1 ${status} Nothing\r\n\r\n`, { status, body: () => '' }),
    wholeAnswer(`${status} with a body of the next`, `HTTP/1.1 ${status} Nothing\r\n\r\n${POISON}`, { status, body: () => '', kept: false }),
  ]),
  wholeAnswer('304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', { status: 304, body: () => '' }),
  ...['Content-Length: 5', 'Transfer-Encoding: chunked'].map((field) => wholeOrRefused(`204 with ${field}`, `HTTP/1.1 204 No Content\r\n${field}\r\n\r\n`,
    { status: 204, body: () => '', ends: true })),
  wholeAnswer('to HEAD, with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', { method: 'HEAD', body: () => '' }),
  wholeAnswer('to HEAD, in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', { method: 'HEAD', body: () => '' }),
  wholeAnswer('to HEAD, with a body', `HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`, { method: 'HEAD', body: () => '', kept: false }),
  wholeAnswer('of nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { body: () => '' }),
]

const others: readonly AnswerRow[] = [
  ...['SSH-2.0-OpenSSH_9.2\r\n', '220 mail ESMTP\r\n', '\x15\x03\x03\x00\x02\x02\x28', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\0\0\x12\x04\0\0\0\0\0',
    '<html>HTTP/0.9</html>', '{"ok":true}', '\0\0\0\0\0\0\0\0', '-ERR wrong\r\n', 'H', 'HTTP', 'HTTP/1.1', '\r\n\r\n\r\n', '\xff\xfe', ''].map((bytes) =>
    refusedAnswer(`${JSON.stringify(bytes)} and the end`, bytes, { ends: true })),
  refusedAnswer('a head over the bound, in one field', (id) => answer(id, `X-A: ${'a'.repeat(200_000)}\r\n`)),
  refusedAnswer('a head over the bound, in many', (id) => answer(id, `X-A: ${'a'.repeat(1_000)}\r\n`.repeat(200))),
  refusedAnswer('a reason over the bound', (id) => answer(id, '', `HTTP/1.1 200 ${'a'.repeat(200_000)}`)),
  refusedAnswer('fields without end', () => `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(50_000)}`),
]

/** Its rows are asked one at a time, and the connection has to be closed by the bytes that nobody asked for. */
export const LATE = 'bytes that come late'

/** Everything that an upstream is made to answer. */
export const ANSWERS: readonly AnswerFamily[] = [
  { family: 'status lines', rows: statusLines },
  { family: 'fields', rows: fields },
  { family: 'framings', rows: framings },
  { family: 'chunks', rows: chunks },
  { family: 'truncated', rows: truncated },
  { family: 'in pieces', rows: inPieces },
  { family: 'bytes behind the end', rows: behind },
  { family: LATE, rows: late },
  { family: 'interim answers', rows: interims },
  { family: 'without a body', rows: bodiless },
  { family: 'other protocols, and too much', rows: others },
]
