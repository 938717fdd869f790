/**
 * The ways other than itself in which text says one byte: percent and percent twice, JSON and JSON in JSON, `\x`, HTML (numbers, names),
 * quoted-printable. Longest first: of two that begin alike the longer one is read.
 */
export function escapesOf(byte: number): readonly string[] {
  const lower = byte.toString(16).padStart(2, '0')
  const texts = new Set([...withDigits(byte, lower), ...withDigits(byte, lower.toUpperCase())])
  if (byte < 0x80) texts.add(`&#${byte};`)
  const character = String.fromCharCode(byte)
  for (const text of NAMED[character] ?? []) texts.add(text)
  if (isPunctuation(byte)) for (const slashes of ['\\', '\\\\', '\\\\\\']) texts.add(slashes + character)
  return [...texts].toSorted((one, other) => other.length - one.length)
}

/** The same for a character of base64, of which only punctuation is ever escaped. */
export function base64EscapesOf(byte: number): readonly string[] {
  return isPunctuation(byte) ? escapesOf(byte) : []
}

/** The same where a line may have ended before the character (RFC 2045 section 6.8, and such lines within JSON). */
export function brokenEscapesOf(byte: number): readonly string[] {
  return [...LINE_BREAKS.map((lineBreak) => lineBreak + String.fromCharCode(byte)), ...base64EscapesOf(byte)]
}

const LINE_BREAKS = ['\\\\r\\\\n', '\\r\\n', '\\\\n', '\\n', '\r\n', '\n']

const NAMED: Readonly<Record<string, readonly string[]>> = {
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '"': ['&quot;'],
  "'": ['&apos;', '&#039;'],
  ' ': ['+'],
}

/** Beyond ASCII a code point is not a byte: there only the notations that are of bytes. */
function withDigits(byte: number, digits: string): readonly string[] {
  const ofBytes = [`%${digits}`, `%25${digits}`, `=${digits}`, `\\x${digits}`]
  return byte < 0x80 ? [...ofBytes, `\\u00${digits}`, `\\\\u00${digits}`, `&#x${digits};`] : ofBytes
}

/** Visible ASCII that is no letter and no digit. */
function isPunctuation(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && !/[A-Za-z0-9]/.test(String.fromCharCode(byte))
}
