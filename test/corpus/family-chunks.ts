import { hidden, post, refused, taken, type Family, type Outcome, type Row, type Site } from './corpus-case.ts'

/** A head that was accepted, and a body that is none: whatever was sent on ends there, unfinished. */
const BROKEN: readonly Outcome[] = ['request_malformed', 'request_ambiguous', 'body_too_large', 'headers_too_large', 'cut']
const CHUNKED = ['Transfer-Encoding: chunked']

const BROKEN_BODIES: readonly (readonly [name: string, body: string])[] = [
  ...['zz', '0x5', '0X5', '-5', '+5', '5.0', '5h', 'h5', '', ' 5', '\t5', '5 ', '5\t', '5\0', '\x0b5', '5\x0b', '5,5', '5 5', '"5"', '%35', '5\xa0', '\uff15',
    '5\x7f', 'G', '５', '5:', '5='].map((size) =>
    [`a size ${JSON.stringify(size)}`, `${Buffer.from(size).toString('latin1')}\r\nhello\r\n0\r\n\r\n`] as const),
  ...['fffffffffffffffff', '10000000000000000', '10000000000000005', 'ffffffffffffffffffffffff',
    '10000000000000000000000005'].map((size) => [`a size of ${size.length} digits from ${size.slice(0, 4)}`, `${size}\r\nhello\r\n0\r\n\r\n`] as const),
  ['LF after the size', '5\nhello\r\n0\r\n\r\n'], ['LF after the data', '5\r\nhello\n0\r\n\r\n'], ['LF after the last size', '5\r\nhello\r\n0\n\r\n'],
    ['LF for the end', '5\r\nhello\r\n0\r\n\n'],
  ['CR alone after the size', '5\rhello\r\n0\r\n\r\n'], ['CR alone after the data', '5\r\nhello\r0\r\n\r\n'], ['two CRs', '5\r\r\nhello\r\n0\r\n\r\n'], ['LF CR',
    '5\n\rhello\n\r0\n\r\n\r'],
  ['no end of the data', '5\r\nhello0\r\n\r\n'], ['data longer than said', '5\r\nhelloXX\r\n0\r\n\r\n'], ['data shorter than said', '6\r\nhello\r\n0\r\n\r\n'],
    ['a space after the data', '5\r\nhello \r\n0\r\n\r\n'],
  ['two sizes', '5\r\n5\r\nhello\r\n0\r\n\r\n'], ['an empty line between chunks', '5\r\nhello\r\n\r\n0\r\n\r\n'], ['an empty line first',
    '\r\n5\r\nhello\r\n0\r\n\r\n'],
  ['LF in an extension', '5;a=b\nc\r\nhello\r\n0\r\n\r\n'], ['CR in an extension', '5;a=b\rc\r\nhello\r\n0\r\n\r\n'], ['NUL in an extension',
    '5;a=\0\r\nhello\r\n0\r\n\r\n'], ['an extension without a semicolon', '5 a=b\r\nhello\r\n0\r\n\r\n'],
  ['an extension that never ends', `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
  ['an extension with quotes left open', '5;a="\r\nhello\r\n0\r\n\r\n'], ['an extension of controls', '5;\x01\x02\r\nhello\r\n0\r\n\r\n'],
  ['a trailer without a colon', '5\r\nhello\r\n0\r\nnonsense\r\n\r\n'], ['a trailer without a name', '5\r\nhello\r\n0\r\n: x\r\n\r\n'], ['a folded trailer',
    '5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n'], ['NUL in a trailer', '5\r\nhello\r\n0\r\nX-A: \0\r\n\r\n'],
  ['LF after a trailer', '5\r\nhello\r\n0\r\nX-A: b\nX-B: c\r\n\r\n'], ['a space in a trailer’s name', '5\r\nhello\r\n0\r\nX A: b\r\n\r\n'],
    ['Content-Length as a trailer', '5\r\nhello\r\n0\r\nContent-Length: 4\r\n\r\n'],
  ['Transfer-Encoding as a trailer', '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'], ['trailers over the bound',
    `5\r\nhello\r\n0\r\n${`X-A: ${'a'.repeat(1_000)}\r\n`.repeat(40)}\r\n`],
]

const WHOLE_BODIES: readonly (readonly [name: string, body: string])[] = [
  ['one chunk', '5\r\nhello\r\n0\r\n\r\n'], ['a chunk a byte', '1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n'], ['zeros before the size',
    '0005\r\nhello\r\n000\r\n\r\n'], ['zeros by the thousand before the size', `${'0'.repeat(5_000)}5\r\nhello\r\n0\r\n\r\n`], ['a trailer',
    '5\r\nhello\r\n0\r\nX-T: smuggled\r\n\r\n'],
  ['a credential as a trailer', '5\r\nhello\r\n0\r\nAuthorization: Bearer mine\r\n\r\n'], ['a Host as a trailer',
    '5\r\nhello\r\n0\r\nHost: evil.example\r\n\r\n'], ['an override as a trailer', '5\r\nhello\r\n0\r\nX-HTTP-Method-Override: DELETE\r\n\r\n'],
  ['an extension', '5;a=b\r\nhello\r\n0\r\n\r\n'], ['a quoted extension', '5;a="b;c"\r\nhello\r\n0\r\n\r\n'], ['an extension at the end',
    '5\r\nhello\r\n0;last\r\n\r\n'], ['an extension without a value', '5;a\r\nhello\r\n0\r\n\r\n'],
]

const CUTS = 24
const whole = (site: Site): string => post(site, CHUNKED, '5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n')
const wholeByLength = (site: Site): string => post(site, ['Content-Length: 10'], 'helloworld')

/** A client that says it is done before it is: at every so many bytes. */
const premature: readonly Row[] = [['chunks', whole], ['a length', wholeByLength]].flatMap(([what, write]) => Array.from({ length: CUTS }, (_, at) => {
  const cut = (site: Site): string => {
    const bytes = (write as (site: Site) => string)(site)
    // Never the whole: the last cut leaves one byte out.
    return bytes.slice(0, Math.floor(((bytes.length - 1) * (at + 1)) / CUTS))
  }
  return refused(`${what as string} cut short at ${at + 1}/${CUTS}`, BROKEN, cut, { thenEnds: true })
}))

export const chunks: readonly Family[] = [
  {
    family: 'chunks',
    rows: [
      ...BROKEN_BODIES.map(([name, body]) => refused(name, BROKEN, (site) => post(site, CHUNKED, body + hidden(site)))),
      // More than will ever come: it is passed on as it comes, and is never whole.
      refused('a size beyond all that comes', BROKEN, (site) => post(site, CHUNKED, '8000000000000000\r\nhello\r\n0\r\n\r\n'), { thenEnds: true }),
      ...WHOLE_BODIES.map(([name, body]) => taken(name, (site) => post(site, CHUNKED, body), { method: 'POST', body: 'hello' })),
    ],
  },
  { family: 'premature ends', rows: premature },
]
