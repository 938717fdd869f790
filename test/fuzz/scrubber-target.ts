import { compileScrub } from '../../src/http/scrub/compiled-scrub.ts'
import { Scrubber } from '../../src/http/scrub/scrubber.ts'
import { Secret } from '../../src/lib/secret.ts'
import { cutProblem, keptBack } from '../scrub/scrub-invariants.ts'
import { holds, type FuzzTarget } from './fuzz-target.ts'

const SECRET = 'ghs_A7kQ2-x/9+Zp_03vLmTe'
const compiled = compileScrub(new Secret(SECRET))
const bytes = Buffer.from(SECRET)
const SPELLED = [
  SECRET, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64'), bytes.toString('base64url'),
    Buffer.concat([Buffer.from('a'), bytes]).toString('base64'), Buffer.concat([Buffer.from('ab'), bytes]).toString('base64url'),
  [...bytes].map((byte) => `%${byte.toString(16)}`).join(''), [...SECRET].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    JSON.stringify(SECRET), encodeURIComponent(SECRET), SECRET.replaceAll('/', '\\/'),
]

/** Bytes of an answer: of a secret's spellings nothing whole comes out, and in pieces no eight bytes in a row, lengths stay, and what is innocent is not touched. */
export const scrubberTarget: FuzzTarget = {
  name: 'scrubber',
  covers: ['src/http/scrub/'],
  words: [...SPELLED, ...SPELLED.map((text) => text.slice(0, text.length / 2)), ...SPELLED.map((text) => text.slice(text.length / 2)), '%2F', '%2f', '\\/',
    '\\u002f', '%2B', '=', '\r\n', '\n', '"', 'ghs_', '%67hs_', '\\u0067'],
  seeds: ['{"token":"none"}', `{"token":"${SECRET}"}`, `Authorization: Bearer ${SECRET}\r\n`, ...SPELLED],
  run: (input) => {
    if (compiled === undefined) throw new TypeError('the secret is too short')
    const whole = scrubbed([Buffer.from(input)])
    holds(whole.length === input.length, 'another length')
    const out = whole.toString('latin1')
    for (const [name, text] of FORMS) holds(!out.includes(text), `${name} came out`)
    holds(!percentDecoded(out).includes(SECRET), 'percent escapes came out')
    holds(!jsonUnescaped(out).includes(SECRET), 'JSON escapes came out')
    if (!couldBeRead(input.toString('latin1'))) holds(whole.equals(input), 'innocent bytes were blotted')
    for (const size of [1, 3, 7]) {
      const problem = cutProblem(keptBack(SECRET), input, whole, scrubbed(pieces(input, size)))
      holds(problem === undefined, `in pieces of ${size}: ${problem}`)
    }
  },
}

/** Of base64, what depends on the secret alone. */
function base64At(before: number, alphabet: 'base64' | 'base64url'): string {
  const padded = Buffer.concat([Buffer.alloc(before), bytes])
  return padded.toString(alphabet).slice(Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6))
}

const FORMS: readonly (readonly [string, string])[] = [
  ['the secret', SECRET], ['hex', bytes.toString('hex')], ['hex in capitals', bytes.toString('hex').toUpperCase()],
  ...[0, 1, 2].flatMap((before): readonly (readonly [string, string])[] => [[`base64 at ${before}`, base64At(before, 'base64')], [`base64url at ${before}`,
    base64At(before, 'base64url')]]),
]

function percentDecoded(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function jsonUnescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|(["\\/]))/g, (_, hex: string | undefined,
    plain: string | undefined) => plain ?? String.fromCharCode(Number.parseInt(hex ?? '0', 16)))
}

/** Whether anybody at all could find the secret in it: only then may anything be blotted. */
function couldBeRead(text: string): boolean {
  const readings = [text, percentDecoded(text), jsonUnescaped(text), looselyRead(text)].flatMap((reading) => [reading.toLowerCase(), looseEnds(reading)])
  return FORMS.some(([, form]) => readings.some((reading) => reading.includes(looseEnds(form)) || reading.includes(form.toLowerCase())))
}

/** As the most forgiving of readers: all escapes undone together. */
function looselyRead(text: string): string {
  const decoded = percentDecoded(percentDecoded(percentDecoded(text))).replaceAll(/(?:\\x|=)([0-9A-Fa-f]{2})|&#x?([0-9A-Fa-f]{2,4});/g, (_, one: string | undefined,
    other: string | undefined) => String.fromCharCode(Number.parseInt(one ?? other ?? '0', 16)))
  return jsonUnescaped(decoded.replaceAll(/\\+/g, '\\'))
}

function looseEnds(text: string): string {
  return text.replaceAll(/\\[rn]|[\s\0\\=]/g, '').toLowerCase()
}

function scrubbed(chunks: readonly Buffer[]): Buffer {
  if (compiled === undefined) throw new TypeError('the secret is too short')
  const scrubber = new Scrubber(compiled)
  const out = chunks.map((chunk) => Buffer.from(scrubber.push(chunk)))
  return Buffer.concat([...out, Buffer.from(scrubber.end())])
}

function pieces(input: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(input.length / size) }, (_, at) => Buffer.from(input.subarray(at * size, (at + 1) * size)))
}
