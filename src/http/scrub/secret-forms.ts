import type { Secret } from '../../lib/secret.ts'
import { spellingTable, type ByteSpellings } from './byte-spellings.ts'
import { base64EscapesOf, brokenEscapesOf, escapesOf } from './spellings.ts'

/** A secret in one encoding. */
export interface SecretForm {
  readonly bytes: Buffer
  /** How the byte at this place may be spelled. */
  readonly spellings: (byte: number, at: number) => ByteSpellings
}

/** Shorter ones are not looked for: they would be found in innocent text, and what they encode to everywhere. */
export const MIN_SECRET_BYTES = 8

/** Whether the secret is long enough for that. */
export function isLookedFor(secret: Secret): boolean {
  return Buffer.byteLength(secret.reveal()) >= MIN_SECRET_BYTES
}

/**
 * Every encoding that is looked for; the first is the secret itself. Empty for a secret of less than `MIN_SECRET_BYTES`.
 * Base64 is what depends on the secret alone in each of the three alignments, so that it is found amid whatever was encoded with it.
 */
export function secretForms(secret: Secret): readonly SecretForm[] {
  const bytes = Buffer.from(secret.reveal(), 'utf8')
  if (!isLookedFor(secret)) return []
  const hex = bytes.toString('hex')
  const forms = [
    { bytes, spellings: escaped },
    form(hex, plain),
    form(hex.toUpperCase(), plain),
    { bytes: utf16(bytes), spellings: plain },
    ...base64Forms(bytes, 'base64'),
    ...base64Forms(bytes, 'base64url'),
  ]
  // Where a secret has none of the characters in which two encodings differ, they are one.
  return forms.filter(({ bytes }, at) => forms.findIndex((other) => other.bytes.equals(bytes)) === at)
}

const plain = spellingTable(() => [])
const escaped = spellingTable(escapesOf)
const inBase64 = spellingTable(base64EscapesOf)
const afterBreak = spellingTable(brokenEscapesOf)

/** By the place in its group of four at which a form begins: lines end only between groups. */
const BASE64_FROM = [0, 1, 2, 3].map((from) => (byte: number, at: number) => (at > 0 && (from + at) % 4 === 0 ? afterBreak(byte) : inBase64(byte)))

function form(text: string, spellings: SecretForm['spellings']): SecretForm {
  return { bytes: Buffer.from(text, 'latin1'), spellings }
}

/** From the first byte that is not zero to the last, so that both orders of bytes hold it. */
function utf16(bytes: Buffer): Buffer {
  const wide = Buffer.from(bytes.toString('utf8'), 'utf16le')
  return wide.at(-1) === 0 ? wide.subarray(0, -1) : wide
}

function base64Forms(bytes: Buffer, alphabet: 'base64' | 'base64url'): readonly SecretForm[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
    const from = Math.ceil((before * 8) / 6)
    return form(whole.toString(alphabet).slice(from, Math.floor((whole.length * 8) / 6)), BASE64_FROM[from] ?? plain)
  })
}
