import { ACK, block, END_HEADERS, END_STREAM, frame, FRAME, PREFACE, u32 } from '../../http2/frames.ts'
import { data, get, head, hidden, lateH2, open, refusedH2, takenH2, takenOrRefusedH2, whole, type H2Family, type H2Outcome, type H2Row, type H2Site } from './h2-case.ts'

const PADDED = 8
const PRIORITY = 0x20
const MAX_FRAME = 16_384
const PROTOCOL: readonly H2Outcome[] = ['ended PROTOCOL_ERROR']
const SIZE: readonly H2Outcome[] = ['ended FRAME_SIZE_ERROR']
const FLOW: readonly H2Outcome[] = ['ended FLOW_CONTROL_ERROR']
/** What is no HTTP/2 at all: the library tells it as an error of its own. */
const NO_HTTP2: readonly H2Outcome[] = ['ended', 'ended INTERNAL_ERROR', ...PROTOCOL]
const SETTINGS = frame(FRAME.settings, 0, 0)

type Bytes = Buffer | ((site: H2Site) => Buffer)
const written = (bytes: Bytes, site: H2Site): Buffer => (typeof bytes === 'function' ? bytes(site) : bytes)
/** The odd bytes, and a good request behind them: a reader that goes on would take it. */
const before = (bytes: Bytes) => (site: H2Site): Buffer => Buffer.concat([written(bytes, site), get(site)])
/** The odd bytes within a POST that is good so far. */
const within = (bytes: Bytes) => (site: H2Site): Buffer => Buffer.concat([open(head(site, { ':method': 'POST' })), data('he', 0), written(bytes, site), data('llo')])
const POSTED = { method: 'POST', body: 'hello' }

const PREFACES: readonly (readonly [name: string, bytes: string])[] = [
  ['the version 2.1', 'PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n'], ['the version 1.1', 'PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n'], ['no version', 'PRI *\r\n\r\nSM\r\n\r\n'],
  ['another target', 'PRI / HTTP/2.0\r\n\r\nSM\r\n\r\n'], ['an absolute target', 'PRI https://one.internal/ HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a second word in capitals only', 'PRI * HTTP/2.0\r\n\r\nsm\r\n\r\n'], ['another second word', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'], ['no second word',
    'PRI * HTTP/2.0\r\n\r\n\r\n\r\n'],
  ['LFs', 'PRI * HTTP/2.0\n\nSM\n\n'], ['CRs', 'PRI * HTTP/2.0\r\rSM\r\r'], ['LF at the end', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\n'],
  ['a field', 'PRI * HTTP/2.0\r\nHost: localhost\r\n\r\nSM\r\n\r\n'], ['two spaces', 'PRI  * HTTP/2.0\r\n\r\nSM\r\n\r\n'], ['a NUL',
    'PRI * HTTP/2.0\0\r\n\r\nSM\r\n\r\n'],
  ['a blank line at its end', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\r\n'],
]
const NO_PREFACES: readonly (readonly [name: string, bytes: string])[] = [
  ['lower case', 'pri * http/2.0\r\n\r\nsm\r\n\r\n'], ['another method', 'GET * HTTP/2.0\r\n\r\nSM\r\n\r\n'], ['a blank line first',
    '\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a space first', ' PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], ['a byte missing at its begin', 'RI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], ['TLS',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['zeros', '\0'.repeat(24)], ['nothing but settings', ''],
]

const prefaces: readonly H2Row[] = [
  ...[...PREFACES, ...NO_PREFACES].map(([name, bytes]) => refusedH2(`a preface with ${name}`, NO_HTTP2, (site) =>
    Buffer.concat([Buffer.from(bytes, 'latin1'), SETTINGS, get(site)]), { bare: true, thenEnds: true })),
  ...Array.from({ length: 8 }, (_, at) => refusedH2(`a preface cut at ${3 * at}`, NO_HTTP2, () => PREFACE.subarray(0, 3 * at), { bare: true, thenEnds: true })),
  refusedH2('the preface twice', [...PROTOCOL, ...SIZE], (site) => Buffer.concat([PREFACE, PREFACE, SETTINGS, get(site)]), { bare: true }),
  refusedH2('the preface again behind settings', [...PROTOCOL, ...SIZE], before(PREFACE)),
  ...([
    ['a request', (site: H2Site) => get(site)], ['PING', frame(FRAME.ping, 0, 0, Buffer.alloc(8))], ['WINDOW_UPDATE', frame(FRAME.window, 0, 0, u32(1))],
    ['an acknowledgement of settings', frame(FRAME.settings, ACK, 0)], ['GOAWAY', frame(FRAME.goaway, 0, 0, Buffer.alloc(8))],
      ['PRIORITY', frame(FRAME.priority, 0, 1, Buffer.alloc(5))],
    ['a frame that nobody knows', frame(0x42, 0, 0)],
  ] as const).map(([name, bytes]) => refusedH2(`${name} in place of the first settings`, PROTOCOL, (site) => Buffer.concat([PREFACE, written(bytes, site), SETTINGS, get(site)]), { bare: true })),
  takenH2('preface, settings and request at once', (site) => Buffer.concat([PREFACE, SETTINGS, get(site)]), {}, { bare: true }),
]

const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([id >> 8, id & 255]), u32(value)])
const settingsOf = (...entries: readonly Buffer[]): Buffer => frame(FRAME.settings, 0, 0, Buffer.concat(entries))

const settings: readonly H2Row[] = [
  ...[1, 2, 3, 4, 5, 7, 11, 13].map((length) => refusedH2(`SETTINGS of ${length} bytes`, SIZE, before(frame(FRAME.settings, 0, 0, Buffer.alloc(length))))),
  ...[1, 2, 3, 0x7fffffff].map((stream) => refusedH2(`SETTINGS on stream ${stream}`, PROTOCOL, before(frame(FRAME.settings, 0, stream, setting(4, 65_535))))),
  ...[6, 1, 12].map((length) => refusedH2(`an acknowledgement of ${length} bytes`, SIZE, before(frame(FRAME.settings, ACK, 0, Buffer.alloc(length))))),
  refusedH2('acknowledgements of settings that nobody sent', PROTOCOL, before(Buffer.concat([1, 2, 3].map(() => frame(FRAME.settings, ACK, 0))))),
  ...[2, 255, 0xffffffff].map((value) => refusedH2(`ENABLE_PUSH ${value}`, PROTOCOL, before(settingsOf(setting(2, value))))),
  ...[0x80000000, 0xffffffff].map((value) => refusedH2(`INITIAL_WINDOW_SIZE ${value}`, FLOW, before(settingsOf(setting(4, value))))),
  ...[0, 1, 16_383, 16_777_216, 0xffffffff].map((value) => refusedH2(`MAX_FRAME_SIZE ${value}`, PROTOCOL, before(settingsOf(setting(5, value))))),
  ...[2, 0xffffffff].map((value) => refusedH2(`ENABLE_CONNECT_PROTOCOL ${value}`, PROTOCOL, before(settingsOf(setting(8, value))))),
  ...[2, 0xffffffff].map((value) => refusedH2(`NO_RFC7540_PRIORITIES ${value}`, PROTOCOL, before(settingsOf(setting(9, value))))),
  refusedH2('more settings than are taken', ['ended PROTOCOL_ERROR', 'ended ENHANCE_YOUR_CALM',
    'ended INTERNAL_ERROR'], before(settingsOf(...Array.from({ length: 33 }, () => setting(4, 65_535))))),
  ...([['HEADER_TABLE_SIZE 0', 1, 0], ['HEADER_TABLE_SIZE over all', 1, 0xffffffff], ['ENABLE_PUSH 1', 2, 1], ['MAX_CONCURRENT_STREAMS 0', 3, 0],
    ['a full INITIAL_WINDOW_SIZE', 4, 0x7fffffff],
    ['the largest MAX_FRAME_SIZE', 5, 16_777_215], ['ENABLE_CONNECT_PROTOCOL 1', 8, 1], ['setting 0', 0, 1], ['a setting that nobody knows', 0x4242, 0xffffffff],
      ['setting 65535', 0xffff, 1]] as const).map(([name, id, value]) =>
    takenH2(name, before(settingsOf(setting(id, value))))),
  takenH2('flags that SETTINGS have not', before(frame(FRAME.settings, 0xfe, 0))),
  takenH2('settings with the bit that is reserved', before(frame(FRAME.settings, 0, 0x80000000))),
  takenH2('one setting many times', before(settingsOf(...Array.from({ length: 30 }, () => setting(4, 65_535))))),
]

/** Types by their right lengths and places. */
const lengths: readonly H2Row[] = [
  ...[0, 1, 7, 9, 16].map((length) => refusedH2(`PING of ${length} bytes`, SIZE, before(frame(FRAME.ping, 0, 0, Buffer.alloc(length))))),
  ...[1, 2, 3].map((stream) => refusedH2(`PING on stream ${stream}`, PROTOCOL, before(frame(FRAME.ping, 0, stream, Buffer.alloc(8))))),
  refusedH2('an acknowledgement of no PING', ['ended INTERNAL_ERROR', ...PROTOCOL], before(frame(FRAME.ping, ACK, 0, Buffer.alloc(8)))),
  takenH2('PING before a request', before(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))),
  takenH2('PING with flags that it has not', before(frame(FRAME.ping, 0xfe, 0, Buffer.alloc(8)))),
  ...[0, 1, 4, 7].map((length) => refusedH2(`GOAWAY of ${length} bytes`, SIZE, before(frame(FRAME.goaway, 0, 0, Buffer.alloc(length))))),
  refusedH2('GOAWAY on a stream', PROTOCOL, before(frame(FRAME.goaway, 0, 1, Buffer.alloc(8)))),
  ...[0, 1, 3, 5, 8].map((length) => refusedH2(`WINDOW_UPDATE of ${length} bytes`, SIZE, before(frame(FRAME.window, 0, 0, Buffer.alloc(length, 1))))),
  refusedH2('WINDOW_UPDATE by nothing', PROTOCOL, before(frame(FRAME.window, 0, 0, u32(0)))),
  refusedH2('WINDOW_UPDATE by nothing but the bit that is reserved', PROTOCOL, before(frame(FRAME.window, 0, 0, u32(0x80000000)))),
  refusedH2('WINDOW_UPDATE by nothing on a stream', ['reset PROTOCOL_ERROR', ...PROTOCOL], within(frame(FRAME.window, 0, 1, u32(0)))),
  refusedH2('WINDOW_UPDATE of a stream that nobody opened', PROTOCOL, before(frame(FRAME.window, 0, 1, u32(1)))),
  refusedH2('WINDOW_UPDATE of a stream that only we may open', PROTOCOL, before(frame(FRAME.window, 0, 2, u32(1)))),
  refusedH2('a window over its bound', FLOW, before(frame(FRAME.window, 0, 0, u32(0x7fffffff)))),
  refusedH2('a window over its bound in two steps', FLOW, before(Buffer.concat([frame(FRAME.window, 0, 0, u32(0x7fff0000)), frame(FRAME.window, 0, 0, u32(0x7fff0000))]))),
  refusedH2('a stream’s window over its bound', ['reset FLOW_CONTROL_ERROR', ...FLOW], within(frame(FRAME.window, 0, 1, u32(0x7fffffff)))),
  refusedH2('a stream’s window over its bound by settings', FLOW, within(Buffer.concat([frame(FRAME.window, 0, 1, u32(0x7fff0000)), settingsOf(setting(4, 0x7fffffff))]))),
  takenH2('a window to its bound', before(frame(FRAME.window, 0, 0, u32(0x7fffffff - 65_535)))),
  takenH2('WINDOW_UPDATE with the bit that is reserved', before(frame(FRAME.window, 0, 0, u32(0x80000001)))),
  ...[0, 3, 5, 8].map((length) => refusedH2(`RST_STREAM of ${length} bytes`, SIZE, within(frame(FRAME.rst, 0, 1, Buffer.alloc(length))))),
  ...[0, 1, 2, 99].map((stream) => refusedH2(`RST_STREAM of stream ${stream}, which nobody opened`, PROTOCOL, before(frame(FRAME.rst, 0, stream, u32(8))))),
  ...[0, 1, 4, 6, 10].map((length) => refusedH2(`PRIORITY of ${length} bytes`, ['reset FRAME_SIZE_ERROR', ...SIZE], within(frame(FRAME.priority, 0, 1, Buffer.alloc(length, 3))))),
  ...([['of itself', u32(1)], ['of nothing', u32(0)], ['of a later one', u32(9)], ['alone of all', u32(0x80000000)]] as const).map(([name, dependency]) =>
    takenOrRefusedH2(`a priority that hangs ${name}`, ['reset PROTOCOL_ERROR'], before(frame(FRAME.priority, 0, 1, Buffer.concat([dependency, Buffer.from([255])]))))),
  takenOrRefusedH2('PRIORITY of the connection', PROTOCOL, before(frame(FRAME.priority, 0, 0, Buffer.alloc(5)))),
  ...[0, 1, 2].map((stream) => refusedH2(`PUSH_PROMISE of a client’s on stream ${stream}`, PROTOCOL, (site) =>
    before(frame(FRAME.push, END_HEADERS, stream, Buffer.concat([u32(2), block(...head(site))])))(site))),
  refusedH2('PUSH_PROMISE within a request', PROTOCOL, (site) => within(frame(FRAME.push, END_HEADERS, 1, Buffer.concat([u32(2), block(...head(site))])))(site)),
  ...[0x0b, 0x0d, 0x0e, 0x11, 0x42, 0x7f, 0xff].flatMap((type) => [
    takenH2(`type ${type} before a request`, before(frame(type, 0xff, 0, Buffer.from('anything')))),
    takenH2(`type ${type} within a request`, within(frame(type, 0xff, 1, Buffer.from('anything'))), POSTED),
  ]),
  ...[[0x0a, 'ALTSVC'], [0x0c, 'ORIGIN'], [0x10, 'PRIORITY_UPDATE']].map(([type, name]) =>
    takenOrRefusedH2(`${name} of a client’s`, PROTOCOL, before(frame(Number(type), 0, 0, Buffer.from('\0\0\0\x01u=1'))))),
  ...[FRAME.data, FRAME.headers, FRAME.settings, FRAME.ping, FRAME.continuation, 0x42].flatMap((type) => [MAX_FRAME + 1, 0xffffff].map((length) => {
    const long = frame(type, END_HEADERS, type === FRAME.settings || type === FRAME.ping ? 0 : 1, Buffer.alloc(64))
    long.writeUIntBE(length, 0, 3)
    return refusedH2(`type ${type} said to be of ${length} bytes`, [...SIZE, ...PROTOCOL], (site) => before(long)(site), { thenEnds: true })
  })),
]

const fragments = (site: H2Site): Buffer => block(...head(site))
const CONTINUED: readonly H2Row[] = [
  ...[[0], [1], [1, 2], [9, 10, 11], [1, 2, 3, 4, 5, 6, 7]].map((cuts) => takenH2(`a head in parts cut at ${cuts.join(', ')}`, (site) => {
    const bytes = fragments(site)
    return Buffer.concat([0, ...cuts].map((from, at) => frame(at === 0 ? FRAME.headers : FRAME.continuation, (at === 0 ? END_STREAM : 0) | (at === cuts.length ? END_HEADERS : 0), 1, bytes.subarray(from, cuts[at]))))
  })),
  refusedH2('a head in more parts than are taken', ['ended ENHANCE_YOUR_CALM',
    'ended INTERNAL_ERROR'], (site) => Buffer.concat([frame(FRAME.headers, END_STREAM, 1, fragments(site)),
    ...Array.from({ length: 40 }, (_, at) => frame(FRAME.continuation, at === 39 ? END_HEADERS : 0, 1))])),
  refusedH2('CONTINUATION of nothing', PROTOCOL, (site) => frame(FRAME.continuation, END_HEADERS, 1, fragments(site))),
  refusedH2('CONTINUATION of the connection', PROTOCOL, (site) => frame(FRAME.continuation, END_HEADERS, 0, fragments(site))),
  refusedH2('CONTINUATION within a body', PROTOCOL, (site) => within(frame(FRAME.continuation, END_HEADERS, 1, block(['x-a', 'b'])))(site)),
  refusedH2('CONTINUATION behind a head that has ended', PROTOCOL, (site) => Buffer.concat([frame(FRAME.headers, END_HEADERS, 1, fragments(site)), frame(FRAME.continuation, END_HEADERS, 1, block(['x-a', 'b']))])),
  refusedH2('a head that goes on on another stream', PROTOCOL, (site) => Buffer.concat([frame(FRAME.headers, END_STREAM, 1, fragments(site)), frame(FRAME.continuation, END_HEADERS, 3)])),
  refusedH2('a head that never ends', 'ended', (site) => frame(FRAME.headers, END_STREAM, 1, fragments(site)), { thenEnds: true }),
  ...([['DATA', data('x')], ['PING', frame(FRAME.ping, 0, 0, Buffer.alloc(8))], ['SETTINGS', SETTINGS], ['WINDOW_UPDATE', frame(FRAME.window, 0, 0, u32(1))],
    ['RST_STREAM', frame(FRAME.rst, 0, 1, u32(8))],
    ['PRIORITY', frame(FRAME.priority, 0, 1, Buffer.alloc(5))], ['GOAWAY', frame(FRAME.goaway, 0, 0, Buffer.alloc(8))], ['a frame that nobody knows', frame(0x42, 0, 1)],
    ['another head', (site: H2Site) => get(site, {}, 3)], ['its own head again', (site: H2Site) => get(site)]] as const).map(([name, bytes]) =>
    refusedH2(`${name} within a head`, PROTOCOL, (site) => Buffer.concat([frame(FRAME.headers, END_STREAM, 1, fragments(site)), written(bytes, site), frame(FRAME.continuation, END_HEADERS, 1)]))),
]

const padding = (length: number, payload: Buffer): Buffer => Buffer.concat([Buffer.from([length]), payload])
const streams: readonly H2Row[] = [
  ...[0, 2, 4, 0x7ffffffe].map((stream) => refusedH2(`a request on stream ${stream}`, PROTOCOL, (site) => get(site, {}, stream))),
  ...[0, 1, 2, 3].map((stream) => refusedH2(`DATA on stream ${stream}, which nobody opened`, PROTOCOL, before(data('hello', END_STREAM, stream)))),
  takenH2('the bit before a stream’s number', (site) => frame(FRAME.headers, END_HEADERS | END_STREAM, 0x80000001, fragments(site))),
  takenH2('flags that HEADERS have not', (site) => frame(FRAME.headers, END_HEADERS | END_STREAM | 0xd2, 1, fragments(site))),
  takenH2('a padded head', (site) => frame(FRAME.headers, END_HEADERS | END_STREAM | PADDED, 1, Buffer.concat([padding(7, fragments(site)), Buffer.alloc(7)]))),
  takenH2('padding that is not zeros', (site) => frame(FRAME.headers, END_HEADERS | END_STREAM | PADDED, 1, Buffer.concat([padding(7, fragments(site)), Buffer.from('GET / H')]))),
  takenH2('a padding of nothing', (site) => frame(FRAME.headers, END_HEADERS | END_STREAM | PADDED, 1, padding(0, fragments(site)))),
  takenH2('a head with a priority', (site) => frame(FRAME.headers, END_HEADERS | END_STREAM | PRIORITY, 1, Buffer.concat([u32(0), Buffer.from([15]), fragments(site)]))),
  takenH2('a head with a priority and padding', (site) => frame(FRAME.headers, END_HEADERS | END_STREAM | PRIORITY | PADDED, 1, Buffer.concat([Buffer.from([2]), u32(0), Buffer.from([15]), fragments(site), Buffer.alloc(2)]))),
  takenOrRefusedH2('a head whose priority hangs of itself',
    ['reset PROTOCOL_ERROR', ...PROTOCOL], (site) => frame(FRAME.headers, END_HEADERS | END_STREAM | PRIORITY, 1, Buffer.concat([u32(1), Buffer.from([15]), fragments(site)]))),
  ...[0, 1, 4].map((length) => refusedH2(`a head with a priority of ${length} bytes`, [...SIZE, ...PROTOCOL], () => frame(FRAME.headers, END_HEADERS | END_STREAM | PRIORITY, 1, Buffer.alloc(length)))),
  refusedH2('a head with padding said and none', [...SIZE, ...PROTOCOL], () => frame(FRAME.headers, END_HEADERS | END_STREAM | PADDED, 1)),
  ...[0, 1, 100].map((over) => refusedH2(`a head with ${over} bytes of padding more than it is long`, PROTOCOL, (site) => {
    const bytes = fragments(site).subarray(0, 100)
    return frame(FRAME.headers, END_HEADERS | END_STREAM | PADDED, 1, padding(Math.min(255, bytes.length + 1 + over), bytes))
  })),
  takenH2('padded DATA', (site) => Buffer.concat([open(head(site, { ':method': 'POST' })), frame(FRAME.data, END_STREAM | PADDED, 1, Buffer.concat([padding(9, Buffer.from('hello')), Buffer.alloc(9)]))]), POSTED),
  takenH2('DATA of padding alone, and then of bytes', within(frame(FRAME.data, PADDED, 1, padding(5, Buffer.alloc(5)))), POSTED),
  takenH2('DATA with flags that it has not', within(frame(FRAME.data, 0xf6, 1)), POSTED),
  takenH2('DATA of nothing', within(frame(FRAME.data, 0, 1)), POSTED),
  refusedH2('DATA with padding said and none', [...SIZE, ...PROTOCOL], within(frame(FRAME.data, PADDED, 1))),
  ...[1, 2, 200].map((length) => refusedH2(`DATA with padding of ${length} in none`, PROTOCOL, within(frame(FRAME.data, PADDED, 1, padding(length, Buffer.alloc(0)))))),
  // What has ended is passed over: no request comes of it.
  lateH2('a stream again that has ended', ['ok', 'ended STREAM_CLOSED'], (site) => Buffer.concat([get(site), hidden(site, 1)])),
  lateH2('a stream before the last', ['ok', ...PROTOCOL], (site) => Buffer.concat([get(site, {}, 3), hidden(site, 1)]), {}, { stream: 3 }),
  lateH2('DATA behind the end of a request', ['ok', 'ended STREAM_CLOSED'], (site) => Buffer.concat([get(site), data('hello')])),
  refusedH2('a second head without an end',
    ['reset PROTOCOL_ERROR', ...PROTOCOL], (site) => Buffer.concat([open(head(site, { ':method': 'POST' })), open(head(site, { ':method': 'POST' })), data('hello')])),
  refusedH2('a second head that ends', ['reset PROTOCOL_ERROR', ...PROTOCOL], (site) => Buffer.concat([open(head(site, { ':method': 'POST' })), whole(head(site))])),
  refusedH2('a request that its client resets',
    'ended', (site) => Buffer.concat([open(head(site, { ':method': 'POST' })), data('he', 0), frame(FRAME.rst, 0, 1, u32(8))]), { thenEnds: true }),
  refusedH2('a body that never ends', ['ended', 'reset CANCEL'], (site) => Buffer.concat([open(head(site, { ':method': 'POST' })), data('he', 0)]), { thenEnds: true }),
  lateH2('GOAWAY, and then a request', ['ok', 'ended', ...PROTOCOL], before(frame(FRAME.goaway, 0, 0, Buffer.concat([u32(0), u32(1)]))), {}, { thenEnds: true }),
  ...Array.from({ length: 9 }, (_, at) => refusedH2(`a frame cut at ${at}`, 'ended', (site) => get(site).subarray(0, at), { thenEnds: true })),
]

export const frameFamilies: readonly H2Family[] = [
  { family: 'h2: prefaces and settings', rows: [...prefaces, ...settings] },
  { family: 'h2: frames', rows: [...lengths, ...CONTINUED, ...streams] },
]
