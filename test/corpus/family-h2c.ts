import { ACK, block, END_HEADERS, END_STREAM, frame, FRAME, PREFACE, u32 } from '../http2/frames.ts'
import { hidden, refused, request, taken, type Family, type Outcome, type Row, type Site } from './corpus-case.ts'

/** HTTP/2 is agreed on by ALPN alone. */
const NOT_HERE: readonly Outcome[] = ['tunnel_not_intercepted', 'request_malformed']
const MISREAD: readonly Outcome[] = ['request_malformed', 'method_refused']
const SETTINGS = frame(FRAME.settings, 0, 0)

/** A stream that would be good, were HTTP/2 spoken here. */
function stream(site: Site, scheme: string, id = 1): Buffer {
  const proof = site.proof.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)] as const)
  return frame(FRAME.headers, END_HEADERS | END_STREAM, id, block([':method', 'GET'], [':scheme', scheme], [':authority', site.host], [':path', site.door === 'reverse' ? site.target(site.path) : site.path], ...proof))
}

const bytesOf = (...parts: readonly Buffer[]): string => Buffer.concat(parts).toString('latin1')
const GREETINGS: readonly (readonly [name: string, frames: readonly Buffer[]])[] = [
  ['nothing more', []], ['settings', [SETTINGS]], ['settings of their own', [frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(65_535), Buffer.from([0, 2]), u32(0)]))]],
  ['settings and their acknowledgement', [SETTINGS, frame(FRAME.settings, ACK, 0)]], ['PING', [SETTINGS, frame(FRAME.ping, 0, 0, Buffer.alloc(8))]],
  ['a window', [SETTINGS, frame(FRAME.window, 0, 0, u32(1_048_576))]], ['no settings', [frame(FRAME.ping, 0, 0, Buffer.alloc(8))]],
]

const knowing: readonly Row[] = [
  ...GREETINGS.map(([name, frames]) => refused(`a preface and ${name}`, NOT_HERE, () => bytesOf(PREFACE, ...frames))),
  ...GREETINGS.slice(1).flatMap(([name, frames]) => ['https', 'http'].map((scheme) =>
    refused(`a preface, ${name}, and a request of ${scheme}`, NOT_HERE, (site) => bytesOf(PREFACE, ...frames, stream(site, scheme)))),
  ),
  ...[16, 18, 20, 23, 24].map((length) => refused(`a preface cut at ${length}`, NOT_HERE, () => bytesOf(PREFACE.subarray(0, length)), { thenEnds: true })),
  refused('two prefaces', NOT_HERE, (site) => bytesOf(PREFACE, PREFACE, SETTINGS, stream(site, 'https'))),
  refused('a preface, and a request of HTTP/1.1', NOT_HERE, (site) => bytesOf(PREFACE) + hidden(site)),
  refused('frames without a preface', MISREAD, (site) => bytesOf(SETTINGS, stream(site, 'https'))),
  refused('a preface of lower case', MISREAD, (site) => bytesOf(PREFACE).toLowerCase() + hidden(site)),
  // What came before it on the connection is answered; it is not.
  { ...taken('a good request, and then a preface', (site) => request(site) + bytesOf(PREFACE, SETTINGS, stream(site, 'https'))), answers: ['ok', NOT_HERE] },
]

const UPGRADES: readonly (readonly string[])[] = [
  ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'], ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'],
  ['Connection: Upgrade', 'Upgrade: h2c'], ['Connection: upgrade, http2-settings', 'Upgrade: H2C', 'HTTP2-Settings: '], ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'],
]
const OTHERS: readonly (readonly string[])[] = [
  ['Connection: Upgrade', 'Upgrade: h2'], ['Connection: Upgrade', 'Upgrade: h2c, websocket'], ['Connection: Upgrade', 'Upgrade: HTTP/2.0'], ['Connection: Upgrade', 'Upgrade: h2c-16'], ['Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: h2c'],
]
const asking: readonly Row[] = [
  // Passed over, as a server may (RFC 9110 section 7.8): the answer is one of HTTP/1.1, and nothing of it is sent on.
  ...UPGRADES.map((fields) => taken(`${fields.join(', ')} is passed over`, (site) => request(site, { fields }))),
  ...OTHERS.map((fields) => refused(fields.join(', '), ['upgrade_refused', 'request_ambiguous', 'request_malformed'], (site) => request(site, { fields }))),
  // What stands behind it would be lost, or read from its middle on: its answer is the connection's last.
  ...UPGRADES.slice(0, 4).flatMap((fields) => [
    taken(`${fields.join(', ')}, and a preface as if it were granted`, (site) => request(site, { fields }) + bytesOf(PREFACE, SETTINGS, stream(site, 'http', 3))),
    taken(`${fields.join(', ')}, and another request`, (site) => request(site, { fields }) + hidden(site)),
    taken(`${fields.join(', ')}, and half of another request`, (site) => request(site, { fields }) + hidden(site).slice(0, 30)),
  ]),
]

export const h2cFamily: Family = { family: 'HTTP/2 without TLS', rows: [...knowing, ...asking] }
