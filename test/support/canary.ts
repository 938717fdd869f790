import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'

/** Something that an agent, a log reader or a page visitor could look at. */
export interface Place {
  readonly name: string
  readonly bytes: Buffer | string
}

/** A secret that must be in none of the places. */
export interface Canary {
  /** Said in place of the secret, which no report may hold. */
  readonly name: string
  readonly value: string
}

const HALVES_FROM = 32
const MAX_DEPTH = 2

/**
 * Looks for every secret in every place: plain, in halves, base64 in its three alignments and two alphabets, hex, percent and JSON escapes,
 * HTML entities, reversed, broken over lines, and within gzip, deflate and brotli.
 * @returns one line a finding, `place: form of secret`; empty where nothing was found
 */
export function findCanaries(places: readonly Place[], canaries: readonly Canary[]): readonly string[] {
  const findings = new Set<string>()
  const needles = canaries.flatMap(({ name, value }) => formsOf(value).map(([form, text]) => ({ name, form, text: text.toLowerCase() })))
  for (const place of places) {
    for (const [reading, text] of readingsOf(Buffer.from(place.bytes), 0)) {
      for (const needle of needles) {
        if (text.includes(needle.text)) findings.add(`${place.name}: ${needle.form} of ${needle.name}${reading === '' ? '' : `, ${reading}`}`)
      }
    }
  }
  return [...findings]
}

type Form = readonly [form: string, text: string]

/** Compared without regard to case: hex and percent escapes come in either, and a match by accident is out of the question. */
function formsOf(value: string): readonly Form[] {
  const bytes = Buffer.from(value)
  const whole: Form[] = [
    ['plain', value],
    ['hex', bytes.toString('hex')],
    ['percent escapes', [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')],
    ['\\u escapes', [...value].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
    ['\\x escapes', [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')],
    ['reversed', [...value].toReversed().join('')],
    ['reversed base64', [...bytes.toString('base64')].toReversed().join('')],
    ...[0, 1, 2].flatMap((alignment) => base64Of(bytes, alignment)),
  ]
  if (value.length < HALVES_FROM) return whole
  const middle = Math.ceil(value.length / 2)
  return [...whole, ['the first half', value.slice(0, middle)], ['the second half', value.slice(middle)]]
}

/** The characters that depend on the secret alone, whatever stands before and after it. */
function base64Of(bytes: Buffer, before: number): readonly Form[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes])
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)]
  return [
    [`base64 at ${before}`, padded.toString('base64').slice(from, to)],
    [`base64url at ${before}`, padded.toString('base64url').slice(from, to)],
  ]
}

/** The place as it is, and as whoever looks at it could read it. */
function readingsOf(bytes: Buffer, depth: number): readonly Form[] {
  const text = bytes.toString('latin1')
  const plain: Form[] = [
    ['', text],
    ['percent-decoded', percentDecoded(text)],
    ['JSON-unescaped', jsonUnescaped(text)],
    ['HTML-unescaped', htmlUnescaped(text)],
    ['without line breaks', text.replaceAll(/(?:\\r|\\n|\s)+/g, '')],
  ]
  const readings = plain.filter(([reading, decoded]) => reading === '' || decoded !== text).map(([reading, decoded]): Form => [reading, decoded.toLowerCase()])
  if (depth === MAX_DEPTH) return readings
  const inflated = inflations(bytes).flatMap(([reading, inner]) => readingsOf(inner, depth + 1).map(([more, found]): Form => [`${reading} ${more}`.trim(), found]))
  return [...readings, ...inflated]
}

function percentDecoded(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function jsonUnescaped(text: string): string {
  return text.replaceAll(/\\u([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))).replaceAll(/\\(["\\/])/g, '$1')
}

function htmlUnescaped(text: string): string {
  return text.replaceAll(/&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));/g, (_, hex: string | undefined, decimal: string | undefined) =>
    String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)))
}

/** What decompresses: the whole, and what begins with gzip's or zlib's magic anywhere inside. */
function inflations(bytes: Buffer): readonly (readonly [string, Buffer])[] {
  const found: (readonly [string, Buffer])[] = []
  const attempt = (name: string, inflate: () => Buffer): void => {
    try {
      const inner = inflate()
      if (inner.length > 0) found.push([name, inner])
    } catch {
      // not of this kind
    }
  }
  for (const at of occurrences(bytes, [0x1f, 0x8b, 0x08])) attempt('within gzip', () => gunzipSync(bytes.subarray(at), { maxOutputLength: 1 << 24, finishFlush: 2 }))
  for (const second of [0x01, 0x5e, 0x9c, 0xda]) {
    for (const at of occurrences(bytes, [0x78, second])) attempt('within deflate', () => inflateSync(bytes.subarray(at), { maxOutputLength: 1 << 24 }))
  }
  attempt('within raw deflate', () => inflateRawSync(bytes, { maxOutputLength: 1 << 24 }))
  attempt('within brotli', () => brotliDecompressSync(bytes, { maxOutputLength: 1 << 24 }))
  return found
}

function occurrences(bytes: Buffer, magic: readonly number[]): readonly number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(Buffer.from(magic)); at !== -1; at = bytes.indexOf(Buffer.from(magic), at + 1)) places.push(at)
  return places
}
