import { block, END_HEADERS, END_STREAM, frame, FRAME } from '../../http2/frames.ts'
import { data, get, head, hidden, hiddenHttp1, lateH2, open, post, refusedH2, takenH2, takenOrRefusedH2, whole, type Fields, type H2Family, type H2Outcome, type H2Row, type H2Site } from './h2-case.ts'

const RESET: readonly H2Outcome[] = ['reset PROTOCOL_ERROR']
/** More than was said: the library ends the connection, as with an error of its own. */
const OVER: readonly H2Outcome[] = ['ended INTERNAL_ERROR', ...RESET]
const POSTED = { method: 'POST', body: 'hello' }
const opened = (site: H2Site, ...fields: Fields): Buffer => open(head(site, { ':method': 'POST', fields }))

const BAD_LENGTHS = ['', '+5', '-5', '-0', '05', '00', '0x5', '5.0', '5e0', '5 5', '5,5', '5, 5', '5;', '"5"', 'five', 'NaN', 'chunked', '5\t5', '\xa05', '\u00b2',
  '18446744073709551616', '18446744073709551621', '9223372036854775808', '99999999999999999999999999',
  '9007199254740993', '5%00', '5_0', '1,000', '*']
const lengths: readonly H2Row[] = [
  ...BAD_LENGTHS.map((value) => refusedH2(`content-length ${JSON.stringify(value)}`, ['request_ambiguous', ...OVER], (site) => post(site, [['content-length', value]], 'hello'))),
  // A value that no field can hold is dropped, and the stream frames the body.
  ...['5\r\n', '5\0', '5\n0', ' 5', '5 ', '\x0b5'].map((value) => takenOrRefusedH2(`content-length ${JSON.stringify(value)}`, RESET, (site) => post(site, [['content-length', value]], 'hello'), POSTED)),
  ...[['5', '5'], ['5', '6'], ['0', '5'], ['5', '0'], ['5', ''], ['', '5']].map(([one = '', two = '']) =>
    refusedH2(`content-length ${JSON.stringify(one)} and ${JSON.stringify(two)}`, RESET, (site) => post(site, [['content-length', one], ['content-length', two]],
      'hello'))),
  ...['0', '1', '4'].map((value) => lateH2(`content-length ${value} and a body of 5`, OVER, (site) => post(site, [['content-length', value]],
    'hello'), { method: 'POST', body: 'hello'.slice(0, Number(value)) })),
  ...['6', '100', '1000000000'].map((value) => refusedH2(`content-length ${value} and a body of 5`, RESET, (site) => post(site, [['content-length', value]], 'hello'))),
  ...['1', '5'].map((value) => refusedH2(`content-length ${value} and no body`, RESET, (site) => get(site, { ':method': 'POST', fields: [['content-length', value]] }))),
  ...['1', '5'].map((value) => refusedH2(`content-length ${value} and DATA of nothing`, RESET, (site) => post(site, [['content-length', value]], ''))),
  ...['1', '5'].map((value) => refusedH2(`GET with content-length ${value} and no body`, RESET, (site) => get(site, { fields: [['content-length', value]] }))),
  ...['GET', 'HEAD'].map((method) => refusedH2(`a body on ${method}`, ['body_refused',
    'untold'], (site) => Buffer.concat([open(head(site, { ':method': method })), data('hello')]))),
  ...['GET', 'HEAD'].map((method) => refusedH2(`a body with its length on ${method}`, ['body_refused',
    'untold'], (site) => Buffer.concat([open(head(site, { ':method': method, fields: [['content-length', '5']] })), data('hello')]))),
  refusedH2('GET and DATA of nothing', 'body_refused', (site) => Buffer.concat([open(head(site)), data('')])),
  takenH2('GET with content-length 0', (site) => get(site, { fields: [['content-length', '0']] })),
  takenH2('a body with its length', (site) => post(site, [['content-length', '5']], 'hello'), POSTED),
  takenH2('a body without its length', (site) => post(site, [], 'hello'), POSTED),
  takenH2('a body with its length in five frames', (site) => Buffer.concat([opened(site, ['content-length',
    '5']), ...'hell'.split('').map((letter) => data(letter, 0)), data('o')]), POSTED),
  takenH2('a body whose end comes by itself', (site) => Buffer.concat([opened(site, ['content-length', '5']), data('hello', 0), data('')]), POSTED),
  lateH2('a body over its length in the second frame', OVER, (site) => Buffer.concat([opened(site, ['content-length', '5']), data('hello', 0), data('x')]), POSTED),
  refusedH2('a body under its length, ended by itself', RESET, (site) => Buffer.concat([opened(site, ['content-length', '6']), data('hello', 0), data('')])),
]

const trailed = (fields: Fields, flags = END_HEADERS | END_STREAM) => (site: H2Site): Buffer => Buffer.concat([opened(site), data('hello', 0), frame(FRAME.headers, flags, 1, block(...fields))])
const trailers: readonly H2Row[] = [
  takenH2('a trailer', trailed([['x-a', 'b']]), POSTED),
  takenH2('trailers of nothing', trailed([]), POSTED),
  takenH2('trailers behind a length', (site) => Buffer.concat([opened(site, ['content-length',
    '5']), data('hello', 0), frame(FRAME.headers, END_HEADERS | END_STREAM, 1, block(['x-a', 'b']))]), POSTED),
  takenH2('trailers behind no body', (site) => Buffer.concat([opened(site), frame(FRAME.headers, END_HEADERS | END_STREAM, 1, block(['x-a', 'b']))]), { method: 'POST' }),
  ...['authorization: Bearer mine', 'content-length: 3', 'content-length: 5', 'host: evil.example', 'cookie: a=b', 'x-http-method-override: DELETE',
    'proxy-authorization: Bearer mine', 'trailer: x-a', 'content-type: a/b', 'a_b: c'].map((line) =>
    takenOrRefusedH2(`the trailer ${line}, which is not sent on`, RESET, trailed([[line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]]), POSTED)),
  ...['transfer-encoding: chunked', 'connection: close', 'upgrade: h2c', 'keep-alive: x', 'te: gzip', 'X-A: b', 'Authorization: x'].map((line) =>
    refusedH2(`the trailer ${line}`, RESET, trailed([[line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]]))),
  ...[':path', ':method', ':authority', ':scheme', ':status', ':x', ':protocol'].map((name) => refusedH2(`the trailer ${name}`, RESET, trailed([[name, '/v1/hidden']]))),
  ...['a\r\nb', 'a\0b', 'a\r\n\r\nGET /v1/hidden HTTP/1.1\r\n\r\n'].map((value) => takenOrRefusedH2(`a trailer with ${JSON.stringify(value.slice(0, 20))}, which is not sent on`, RESET, trailed([['x-a', value]]), POSTED)),
  refusedH2('trailers that do not end the stream', RESET, (site) => Buffer.concat([trailed([['x-a', 'b']], END_HEADERS)(site), data('more')])),
  refusedH2('trailers and no more', RESET, trailed([['x-a', 'b']], END_HEADERS)),
  refusedH2('a whole head for trailers', RESET, (site) => Buffer.concat([opened(site), data('hello', 0), whole(head(site))])),
  refusedH2('more trailers than are taken', 'reset ENHANCE_YOUR_CALM', trailed(Array.from({ length: 300 }, (_, at) => [`x-${at}`, 'a']))),
]

/** Text that reads as the next request, wherever it were written as it is. */
const INJECTED: readonly (readonly [name: string, inject: (site: H2Site) => string])[] = [
  ['a field', () => 'x\r\nx-injected: y'], ['a length', () => 'x\r\ncontent-length: 0'], ['a coding', () => 'x\r\ntransfer-encoding: chunked'],
    ['a credential', () => 'x\r\nauthorization: Bearer stolen'],
  ['a host', () => 'x\r\nhost: evil.example'], ['the end of a head and a request', (site) => `x\r\n\r\n${hiddenHttp1(site)}`],
    ['LFs and a request', (site) => `x\n\n${hiddenHttp1(site).replaceAll('\r\n', '\n')}`],
  ['CRs and a request', (site) => `x\r\r${hiddenHttp1(site).replaceAll('\r\n', '\r')}`], ['NULs and a request', (site) => `x\0\0${hiddenHttp1(site)}`],
    ['a folded line', () => 'x\r\n transfer-encoding: chunked'],
  ['the version and a request', (site) => `x HTTP/1.1\r\nhost: a\r\n\r\n${hiddenHttp1(site)}`],
]
const inFields = ['x-a', 'accept', 'user-agent', 'referer', 'content-type', 'cookie', 'via', 'te', 'range', 'if-match', 'postern-delegation', 'expect',
  'proxy-authorization']
const injections: readonly H2Row[] = INJECTED.flatMap(([what, inject]) => [
  ...inFields.map((name) => takenOrRefusedH2(`${what} in ${name}`, RESET, (site) => get(site, { fields: [[name, inject(site)]] }))),
  takenOrRefusedH2(`${what} in a name`, RESET, (site) => get(site, { fields: [[inject(site).toLowerCase(), 'x']] })),
  takenOrRefusedH2(`${what} in a name behind a colon`, RESET, (site) => get(site, { fields: [[`x-a: ${inject(site).toLowerCase()}`, 'x']] })),
  ...([':path', ':method', ':authority', ':scheme'] as const).map((name) => refusedH2(`${what} in ${name}`, RESET, (site) =>
    get(site, { [name]: `${name === ':path' ? site.target(site.path) : name === ':method' ? 'GET' : name === ':scheme' ? 'https' : site.authority}${inject(site).slice(1)}` }))),
])

/** The agent's own request as the body of another: a body it is. */
const INSIDE: readonly (readonly [string, (site: H2Site) => string])[] = [
  ['a request', hiddenHttp1], ['the end of chunks and a request', (site) => `0\r\n\r\n${hiddenHttp1(site)}`],
    ['a chunk and a request', (site) => `1\r\nx\r\n0\r\n\r\n${hiddenHttp1(site)}`],
  ['blank lines and a request', (site) => `\r\n\r\n${hiddenHttp1(site)}`], ['frames of HTTP/2', (site) => hidden({ ...site, proof: [] }, 3).toString('latin1')],
    ['a preface', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['an answer', () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'], ['every byte', () => Buffer.from(Array.from({ length: 256 }, (_, at) => at)).toString('latin1')],
]
const bodies: readonly H2Row[] = INSIDE.flatMap(([what, inside]) => {
  const sent = (site: H2Site): { method: string; body: string } => ({ method: 'POST', body: inside(site) })
  return [
    takenH2(`a body of ${what}`, (site) => post(site, [], inside(site)), sent),
    takenH2(`a body by length of ${what}`, (site) => post(site, [['content-length', String(inside(site).length)]], inside(site)), sent),
    lateH2(`a body of ${what} with the length 0`, OVER, (site) => post(site, [['content-length', '0']], inside(site)), { method: 'POST' }),
    lateH2(`a body of ${what} with a length cut short`, OVER, (site) => post(site, [['content-length',
      '5']], inside(site)), (site) => ({ method: 'POST', body: inside(site).slice(0, 5) })),
    refusedH2(`a body of ${what} said to be chunked`, RESET, (site) => post(site, [['transfer-encoding', 'chunked']], inside(site))),
    ...['transfer-encoding ', 'transfer-encoding:', 'transfer-encoding\0', 'transfer\r\n-encoding', ' transfer-encoding', 'transfer-encoding\t'].map((name) =>
      takenOrRefusedH2(`a body of ${what} with ${JSON.stringify(name)}`, RESET, (site) => post(site, [[name, 'chunked']], inside(site)), sent)),
    refusedH2(`a body of ${what} with transfer_encoding`, 'header_refused', (site) => post(site, [['transfer_encoding', 'chunked']], inside(site))),
    refusedH2(`a body of ${what} on HEAD`, ['body_refused', 'untold'], (site) => post(site, [], inside(site), { ':method': 'HEAD' })),
  ]
})

export const bodyFamilies: readonly H2Family[] = [
  { family: 'h2: lengths and trailers', rows: [...lengths, ...trailers] },
  { family: 'h2: smuggling into HTTP/1.1', rows: [...injections, ...bodies] },
]
