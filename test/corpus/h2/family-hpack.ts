import { block, END_HEADERS, END_STREAM, frame, FRAME } from '../../http2/frames.ts'
import { get, head, refusedH2, takenH2, takenOrRefusedH2, type H2Family, type H2Outcome, type H2Row, type H2Site } from './h2-case.ts'
import { codeOfLetters, DYNAMIC, huffmanBits, indexed, integer, literal, padded, STATIC, tableSize, text } from './hpack.ts'

/** A decoder that has lost its table can read nothing of the connection any more (RFC 9113 section 4.3). */
const COMPRESSION: readonly H2Outcome[] = ['ended COMPRESSION_ERROR']
const LIST_BYTES = 32_768
const MAX_FRAME = 16_384

/** A head in as many frames as it needs. */
function headers(bytes: Buffer, stream = 1): Buffer {
  const parts = Array.from({ length: Math.max(1, Math.ceil(bytes.length / MAX_FRAME)) }, (_, at) => bytes.subarray(at * MAX_FRAME, (at + 1) * MAX_FRAME))
  return Buffer.concat(parts.map((part, at) => frame(at === 0 ? FRAME.headers : FRAME.continuation, (at === 0 ? END_STREAM : 0) | (at === parts.length - 1 ? END_HEADERS : 0), stream, part)))
}
const good = (site: H2Site): Buffer => block(...head(site))
/** A good head with further bytes behind it. */
const behind = (...bytes: readonly Buffer[]) => (site: H2Site): Buffer => headers(Buffer.concat([good(site), ...bytes]))
const before = (...bytes: readonly Buffer[]) => (site: H2Site): Buffer => headers(Buffer.concat([...bytes, good(site)]))
const raw = (...bytes: readonly number[]): Buffer => Buffer.from(bytes)

const indices: readonly H2Row[] = [
  refusedH2('index 0', COMPRESSION, behind(indexed(0))),
  ...[DYNAMIC, DYNAMIC + 1, 100, 126, 127, 128, 255, 4_096, 65_536, 0x7fffffff, 0xffffffff].flatMap((index) => [
    refusedH2(`index ${index} of an empty table`, COMPRESSION, behind(indexed(index))),
    refusedH2(`a name by index ${index} of an empty table`, COMPRESSION, behind(literal('plain', index, 'x'))),
  ]),
  refusedH2('an index of what was put out of the table', COMPRESSION, behind(literal('incremental', 'x-a', 'b'), indexed(DYNAMIC + 1))),
  refusedH2('an index of what was said not to be kept', COMPRESSION, behind(literal('plain', 'x-a', 'b'), indexed(DYNAMIC))),
  refusedH2('an index of what is never kept', COMPRESSION, behind(literal('never', 'x-a', 'b'), indexed(DYNAMIC))),
  refusedH2('an index of a field larger than the table', COMPRESSION, behind(literal('incremental', 'x-a', 'b'.repeat(4_100)), indexed(DYNAMIC))),
  refusedH2('an index of a table that was emptied on the next stream', COMPRESSION, (site) => Buffer.concat([
    headers(Buffer.concat([tableSize(0), block([':method', 'TRACE']), literal('incremental', 'x-a',
      'b')])), headers(Buffer.concat([good(site), indexed(DYNAMIC)]), 3)]), { stream: 3 }),
  ...(['incremental', 'plain', 'never'] as const).flatMap((kind) => [
    takenH2(`a literal, ${kind}`, behind(literal(kind, 'x-a', 'b'))),
    takenH2(`a literal by its name’s index, ${kind}`, behind(literal(kind, STATIC.accept, 'a/b'))),
  ]),
  takenH2('a field out of the table', behind(literal('incremental', 'x-a', 'b'), indexed(DYNAMIC))),
  takenH2('pseudo-header fields by index', (site) => headers(Buffer.concat([indexed(STATIC.get), indexed(STATIC.https), literal('plain', STATIC.authority, site.authority),
    literal('incremental', STATIC.root, site.target(site.path)), ...site.proof.map(([, value]) => literal('never', STATIC.authorization, value))]))),
  refusedH2('the proof of one stream by index on another, behind what was refused', 'identity_required', (site) => Buffer.concat([
    headers(Buffer.concat([block(...head(site, { ':path': '/' })), ...site.proof.map(([, value]) => literal('incremental',
      'x-proof', value))])), get(site, { proof: [] }, 3)]), { stream: 3, doors: ['listener'] }),
]

const OVERLONG = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
const integers: readonly H2Row[] = [
  ...([
    ['an index without end', [0xff, ...OVERLONG.map(() => 0x80)]], ['an index of ten bytes', [0xff, ...OVERLONG]], ['an index over 32 bits',
      [0xff, 0x80, 0xff, 0xff, 0xff, 0x7f]],
    ['an index that wraps to 2', [0xff, 0x83, 0xff, 0xff, 0xff, 0x0f]], ['a name’s index without end', [0x0f, ...OVERLONG]], ['a name’s length without end',
      [0, 0x7f, ...OVERLONG]],
    ['a value’s length without end', [0, 1, 0x61, 0x7f, ...OVERLONG]], ['a table size without end', [0x3f, ...OVERLONG]], ['a name of length 2^32',
      [0, 0x7f, 0x81, 0xff, 0xff, 0xff, 0x0f, 0x61]],
    ['an index cut short', [0xff]], ['an index cut short after a byte', [0xff, 0x80]], ['a literal of nothing', [0x40]], ['a name’s index cut short', [0x7f]],
      ['a name cut short', [0, 5, 0x61, 0x62]],
    ['a name and no value', [0, 1, 0x61]], ['a value cut short', [0, 1, 0x61, 5, 0x62]], ['a value’s length cut short', [0, 1, 0x61, 0x7f]], ['a name of 4 GiB',
      [0, 0x7f, 0x80, 0xff, 0xff, 0xff, 0x0f]],
    ['a name in Huffman’s code cut short', [0, 0x85, 0x1c]], ['a value over the bound of one field', [0, 1, 0x61, 0x7f, 0x81, 0x7f, 0x62]],
      ['a table size cut short', [0x3f]],
  ] as const).map(([name, bytes]) => refusedH2(name, COMPRESSION, behind(raw(...bytes)))),
  ...([['two bytes', [0x80, 0x00]], ['three bytes', [0x80, 0x80, 0x00]], ['five bytes', [0x80, 0x80, 0x80, 0x80, 0x00]]] as const).map(([name, bytes]) =>
    takenOrRefusedH2(`a value’s length in ${name} more than needed`, COMPRESSION, behind(literal('plain',
      'x-a', Buffer.concat([raw(0x7f, ...bytes), Buffer.alloc(127, 0x62)]))))),
]

const sizes: readonly H2Row[] = [
  ...[4_097, 65_536, 0x7fffffff, 0xffffffff].map((bytes) => refusedH2(`a table of ${bytes} bytes`, COMPRESSION, before(tableSize(bytes)))),
  refusedH2('a table size behind a field', COMPRESSION, behind(tableSize(0))),
  refusedH2('a table size between fields', COMPRESSION, (site) => headers(Buffer.concat([indexed(STATIC.get), tableSize(100), good(site)]))),
  refusedH2('a table size alone', ['reset PROTOCOL_ERROR', ...COMPRESSION], () => headers(tableSize(0))),
  ...[0, 1, 100, 4_096].map((bytes) => takenH2(`a table of ${bytes} bytes at the begin`, before(tableSize(bytes)))),
  takenH2('a table emptied, and made large again', before(tableSize(0), tableSize(4_096))),
  takenOrRefusedH2('ten table sizes', COMPRESSION, before(...Array.from({ length: 10 }, (_, at) => tableSize(at)))),
  takenOrRefusedH2('a thousand table sizes', [...COMPRESSION, 'ended ENHANCE_YOUR_CALM'], before(...Array.from({ length: 1_000 }, () => tableSize(0)))),
]

/** Bits of a value that says `ae` as long as it is padded well. */
const AE = codeOfLetters('a', 'e')
const A_VALUE = huffmanBits(padded(AE))
const coded = (value: Buffer): Buffer => literal('plain', 'x-a', value)
const huffman: readonly H2Row[] = [
  takenH2('Huffman’s code', behind(coded(A_VALUE))),
  takenH2('Huffman’s code without padding', behind(coded(huffmanBits(codeOfLetters('a', 'e', 'o', 's', 't', 'a', 'e', 'o'))))),
  takenH2('a value of nothing in Huffman’s code', behind(coded(huffmanBits('')))),
  takenH2('a name in Huffman’s code', behind(Buffer.concat([raw(0), huffmanBits(padded(codeOfLetters('t', 'a', 'o'))), text('b')]))),
  refusedH2('padding of zeros', COMPRESSION, behind(coded(huffmanBits(padded(AE, '0'))))),
  refusedH2('padding of ones and a zero', COMPRESSION, behind(coded(huffmanBits(`${AE}111110`)))),
  ...[1, 2, 3].map((bytes) => refusedH2(`${bytes} bytes of padding too many`, COMPRESSION, behind(coded(huffmanBits(padded(AE) + '1'.repeat(8 * bytes)))))),
  refusedH2('padding alone', COMPRESSION, behind(coded(huffmanBits('1'.repeat(8))))),
  refusedH2('the end of strings within one', COMPRESSION, behind(coded(huffmanBits(padded(`${AE}${codeOfLetters('EOS')}${AE}`))))),
  refusedH2('the end of strings at the end', COMPRESSION, behind(coded(huffmanBits(padded(`${AE}${codeOfLetters('EOS')}`))))),
  refusedH2('a code cut short', COMPRESSION, behind(coded(huffmanBits(codeOfLetters('\r', 'a').slice(0, 24))))),
  refusedH2('a name with padding of zeros', COMPRESSION, behind(Buffer.concat([raw(0), huffmanBits(padded(codeOfLetters('t', 'a', 'o'), '0')), text('b')]))),
  // What no message can hold is dropped by the library: nothing of it is sent on.
  ...(['\r', '\n', '\0'] as const).map((letter) => takenOrRefusedH2(`${JSON.stringify(letter)} in Huffman’s code`, ['reset PROTOCOL_ERROR'],
    behind(coded(huffmanBits(padded(codeOfLetters('a', letter, 'e'))))))),
]

const entry = (bytes: number): Buffer => literal('incremental', 'x-bomb', 'z'.repeat(bytes))
const BOMBS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['a field of 3,900 bytes twelve thousand times', Buffer.concat([entry(3_900), Buffer.alloc(12_000, 0x80 | DYNAMIC)])],
  ['a field of 3,900 bytes ten times', Buffer.concat([entry(3_900), Buffer.alloc(10, 0x80 | DYNAMIC)])],
  ['a field of 100 bytes fifteen thousand times', Buffer.concat([entry(100), Buffer.alloc(15_000, 0x80 | DYNAMIC)])],
  ['a field of the static table fifteen thousand times', Buffer.alloc(15_000, 0x80 | STATIC.accept)],
  ['101 small fields', block(...Array.from({ length: 101 }, (_, at) => [`x-${at}`, 'a'] as const))],
  ['two fields of 9,000 bytes', Buffer.concat([literal('plain', 'x-a', 'z'.repeat(9_000)), literal('plain', 'x-b', 'z'.repeat(9_000))])],
]
/** The library resets what is far too large; what is a little too large is answered. */
const TOO_LARGE: readonly H2Outcome[] = ['headers_too_large', 'reset ENHANCE_YOUR_CALM', 'reset INTERNAL_ERROR', 'reset PROTOCOL_ERROR', 'reset REFUSED_STREAM',
  'ended ENHANCE_YOUR_CALM', 'ended INTERNAL_ERROR']
const bombs: readonly H2Row[] = [
  ...BOMBS.map(([name, bytes]) => refusedH2(name, TOO_LARGE, behind(bytes))),
  refusedH2('fields over every bound', TOO_LARGE, behind(...Array.from({ length: 6 }, (_, at) => literal('plain', `x-${at}`, 'z'.repeat(9_000))))),
  refusedH2(`a list said to be of ${LIST_BYTES * 4} bytes`, COMPRESSION, behind(Buffer.concat([raw(0), text('x-a'), integer(LIST_BYTES * 4, 7), Buffer.alloc(8_000, 0x7a)]))),
  refusedH2('a head of nothing', 'reset PROTOCOL_ERROR', () => headers(Buffer.alloc(0))),
]

export const hpackFamily: H2Family = { family: 'h2: HPACK', rows: [...indices, ...integers, ...sizes, ...huffman, ...bombs] }
