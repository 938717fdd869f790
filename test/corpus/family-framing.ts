import { hidden, post, refused, taken, type Family, type Outcome, type Row, type Site } from './corpus-case.ts'

const HELLO = 'hello'
const CHUNKED_HELLO = '5\r\nhello\r\n0\r\n\r\n'
const AMBIGUOUS: readonly Outcome[] = ['request_ambiguous', 'request_malformed']
const posted = (body: string) => ({ method: 'POST', body })

const BAD_LENGTHS = [
  '', '+5', '-5', '-0', '+0', '05', '005', '00', '0x5', '0X5', '5.0', '5.', '.5', '5e0', '1e1', '5 5', '5,5', '5, 5', '5;5', '5;', '5,', ',5', '"5"', '\'5\'',
    '5L', '5h', '0b101', '0o5',
  'five', 'NaN', 'Infinity', 'null', 'undefined', 'chunked', '5\t5', '5\x0b', '\x0b5', '5\x0c', '\xa05', '5\xa0', '\u00b2', '5\x00', '18446744073709551615',
    '18446744073709551616', '18446744073709551621',
  '9223372036854775808', '99999999999999999999999999', '9007199254740993', '9999999999999999', '4294967301 5', '5%00', '%35', '１', '5_0', '1,000', '(5)',
    '5 bytes', '*',
]

const GOOD_LENGTHS = ['5', ' 5', '  5', '\t5', '5 ', '5\t', ' \t 5 \t ']

const lengths: readonly Row[] = [
  ...BAD_LENGTHS.map((value) => refused(`Content-Length: ${JSON.stringify(value)}`, AMBIGUOUS, (site) => post(site, [`Content-Length: ${latin1(value)}`],
    HELLO + hidden(site)))),
  ...GOOD_LENGTHS.map((value) => taken(`Content-Length:${JSON.stringify(value)}`, (site) => post(site, [`Content-Length:${value}`], HELLO), posted(HELLO))),
  ...['content-length', 'CONTENT-LENGTH', 'cOnTeNt-LeNgTh'].map((name) => taken(`${name}: 5`, (site) => post(site, [`${name}: 5`], HELLO), posted(HELLO))),
  ...['Content-Length', 'content-length', 'CONTENT-LENGTH'].flatMap((name) => [['5', '5'], ['5', '6'], ['0', '5'], ['5', '0'], ['5', ''], ['', '5'], ['0',
    '0']].map(([one, two]) =>
    refused(`Content-Length: ${one} and ${name}: ${two}`, AMBIGUOUS, (site) => post(site, [`Content-Length: ${one}`, `${name}: ${two}`], HELLO + hidden(site))))),
  refused('three lengths', AMBIGUOUS, (site) => post(site, ['Content-Length: 5', 'Content-Length: 5', 'Content-Length: 5'], HELLO)),
  refused('a length apart from its twin', AMBIGUOUS, (site) => post(site, ['Content-Length: 5', 'X-A: b', 'X-B: c', 'Content-Length: 5'], HELLO)),
  ...['Content_Length', 'Content-Length_', '_Content-Length', 'Content__Length'].map((name) => refused(`${name} beside none`, 'header_refused',
    (site) => post(site, [`${name}: 5`], ''))),
  ...['Content-Length ', 'Content-Length\t', ' Content-Length', 'Content Length', 'Content-Length\0', 'Content-Length\x0b', 'Content\r-Length',
    '\x01Content-Length', 'Content-Length\xa0', 'Content-Length,', 'Content-Length;']
    .map((name) => refused(`${JSON.stringify(name)} as a name`, AMBIGUOUS, (site) => post(site, [`${name}: 5`], HELLO + hidden(site)))),
]

const BAD_CODINGS = [
  '', 'identity', 'gzip', 'deflate', 'compress', 'x-gzip', 'br', 'trailers', 'gzip, chunked', 'deflate, chunked', 'identity, chunked', 'chunked, gzip',
    'chunked, identity', 'chunked, chunked', 'chunked,chunked',
  'chunked,', ',chunked', ', chunked', 'chunked, ,', 'chunked;', 'chunked;q=1', 'chunked;q=0', 'chunked ; a=b', '"chunked"', '\'chunked\'', 'xchunked',
    'chunkedx', 'x chunked', 'chunked x', 'chunke', 'chunk', 'hunked', 'c hunked',
  'chunked\t', 'chunked\x0b', '\x0bchunked', 'chunked\x0c', '\x00chunked', 'chunked\x00', '\xa0chunked', 'chunked\xa0', 'chunked\x7f', 'chunked#', 'chunked%20',
    '%63hunked', '(chunked)', '[chunked]', 'chunked/1.0', 'chunked=1', 'chunked:', ':chunked', 'ch\u017funked', '0', '*', 'cow', 'chunked\\',
]

const codings: readonly Row[] = [
  ...BAD_CODINGS.map((value) => refused(`Transfer-Encoding: ${JSON.stringify(value)}`, AMBIGUOUS, (site) => post(site, [`Transfer-Encoding: ${latin1(value)}`],
    CHUNKED_HELLO + hidden(site)))),
  ...['chunked', 'Chunked', 'CHUNKED', 'cHuNkEd', '  chunked', '\tchunked', 'chunked  '].map((value) => taken(`Transfer-Encoding: ${JSON.stringify(value)}`,
    (site) => post(site, [`Transfer-Encoding: ${value}`], CHUNKED_HELLO), posted(HELLO))),
  ...['transfer-encoding', 'TRANSFER-ENCODING', 'tRANSFER-eNCODING'].map((name) => taken(`${name}: chunked`, (site) => post(site, [`${name}: chunked`],
    CHUNKED_HELLO), posted(HELLO))),
  ...['chunked', 'identity', 'gzip', '', 'Chunked'].flatMap((one) => ['chunked', 'identity', 'CHUNKED', ''].map((two) =>
    refused(`Transfer-Encoding: ${one} and again: ${two}`, AMBIGUOUS, (site) => post(site, [`Transfer-Encoding: ${one}`, `transfer-encoding: ${two}`],
      CHUNKED_HELLO + hidden(site))))),
  ...['Transfer_Encoding', 'Transfer-Encoding_', 'TRANSFER_ENCODING'].map((name) => refused(`${name}: chunked`, 'header_refused', (site) => post(site,
    [`${name}: chunked`], ''))),
  ...['Transfer-Encoding ', 'Transfer-Encoding\t', ' Transfer-Encoding', 'Transfer Encoding', 'Transfer-Encoding\0', 'Transfer-Encoding\x0b',
    'Transfer-Encoding\xa0', 'Transfer\r-Encoding', 'X\rTransfer-Encoding', 'X\nTransfer-Encoding', 'Transfer-Encoding\x7f']
    .map((name) => refused(`${JSON.stringify(name)} as a name`, AMBIGUOUS, (site) => post(site, [`${name}: chunked`], CHUNKED_HELLO + hidden(site)))),
  ...['chunked', 'gzip', 'identity'].map((value) => refused(`${value} in HTTP/1.0`, AMBIGUOUS, (site) => post(site, [`Transfer-Encoding: ${value}`],
    CHUNKED_HELLO, { version: 'HTTP/1.0' }))),
]

const both: readonly Row[] = ['0', '5', '10', '15', '05', ''].flatMap((length) => ['chunked', 'Chunked', 'identity', 'gzip, chunked', 'chunked, identity', '',
  '\x0bchunked', 'x'].flatMap((coding) => {
  const fields = [`Content-Length: ${length}`, `Transfer-Encoding: ${coding}`]
  const name = `length ${JSON.stringify(length)} and coding ${JSON.stringify(coding)}`
  return [
    refused(name, AMBIGUOUS, (site) => post(site, fields, CHUNKED_HELLO + hidden(site))),
    refused(`${name}, the other way round`, AMBIGUOUS, (site) => post(site, fields.toReversed(), CHUNKED_HELLO + hidden(site))),
  ]
}))

const BODIES = [['Content-Length: 5', HELLO], ['Transfer-Encoding: chunked', CHUNKED_HELLO], ['Transfer-Encoding: chunked', '0\r\n\r\n'], ['Content-Length: 1',
  'x']] as const
const onGet = (method: string): readonly Row[] => BODIES.map(([field, body]) =>
  refused(`${method} with ${field} and ${JSON.stringify(body)}`, method === 'HEAD' ? 'untold' : 'body_refused', (site) => post(site, [field], body + hidden(site),
    { method })))

/** Latin-1 stands on the wire: what lies beyond it goes out as UTF-8. */
function latin1(text: string): string {
  return [...text].some((character) => character.charCodeAt(0) > 255) ? Buffer.from(text).toString('latin1') : text
}

/** The agent's own token in a body would be its own doing. */
const unproven = (site: Site): string => hidden({ ...site, proof: [] })

/** A body that holds what looks like a request is a body. */
const INSIDE: readonly (readonly [string, (site: Site) => string])[] = [
  ['a request', unproven],
  ['the end of chunks and a request', (site) => `0\r\n\r\n${unproven(site)}`],
  ['blank lines and a request', (site) => `\r\n\r\n\r\n${unproven(site)}`],
  ['an answer and a request', (site) => `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${unproven(site)}`],
  ['NULs', () => '\0\0\0\0'],
  ['every byte', () => Buffer.from(Array.from({ length: 256 }, (_, at) => at)).toString('latin1')],
]
const inBodies: readonly Row[] = INSIDE.flatMap(([what, inside]) => [
  taken(`a body by length of ${what}`, (site) => post(site, [`Content-Length: ${inside(site).length}`], inside(site)), (site) => posted(inside(site))),
  taken(`a body in chunks of ${what}`, (site) => post(site, ['Transfer-Encoding: chunked'],
    `${inside(site).length.toString(16)}\r\n${inside(site)}\r\n0\r\n\r\n`), (site) => posted(inside(site))),
])

export const framing: readonly Family[] = [
  { family: 'Content-Length', rows: lengths },
  { family: 'Transfer-Encoding', rows: codings },
  { family: 'both framings', rows: both },
  { family: 'bodies that hold requests', rows: [...inBodies, ...onGet('GET'), ...onGet('HEAD')] },
]
