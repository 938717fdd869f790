import { gzipSync } from 'node:zlib'

/** One way in which an upstream may send back what it was sent. */
export interface Encoding {
  /** As docs/security.md names it. */
  readonly name: string
  readonly encode: (secret: string) => Buffer | string
}

const bytesOf = (secret: string): number[] => [...Buffer.from(secret)]
const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0')
const eachByte = (spell: (byte: number, at: number) => string) => (secret: string): string => bytesOf(secret).map(spell).join('')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const inLines = (width: number, lineBreak: string) => (secret: string): string => base64(`user:${secret}, and what else was sent with it, at some length`).replaceAll(new RegExp(`.{${width}}`, 'g'), `$&${lineBreak}`)
const everyOther = (spell: (byte: number) => string) => eachByte((byte, at) => (at % 2 === 0 ? spell(byte) : String.fromCharCode(byte)))

/** What the scrub promises to find. */
export const CAUGHT: readonly Encoding[] = [
  { name: 'as it is', encode: (secret) => secret },
  { name: 'twice in a row', encode: (secret) => secret + secret },
  { name: 'after its own beginning', encode: (secret) => secret.slice(0, 5) + secret },
  { name: 'UTF-16, little-endian', encode: (secret) => Buffer.from(`a ${secret} b`, 'utf16le') },
  { name: 'UTF-16, big-endian', encode: (secret) => Buffer.from(`a ${secret} b`, 'utf16le').swap16() },
  { name: 'base64', encode: base64 },
  { name: 'base64 after one byte', encode: (secret) => base64(`:${secret}`) },
  { name: 'base64 after two bytes', encode: (secret) => base64(`a:${secret}?!`) },
  { name: 'base64 as `Basic` places it', encode: (secret) => `Basic ${base64(`x-access-token:${secret}`)}` },
  { name: 'base64url', encode: (secret) => Buffer.from(secret).toString('base64url') },
  { name: 'base64url after one byte', encode: (secret) => Buffer.from(`~${secret}~`).toString('base64url') },
  { name: 'base64url after two bytes', encode: (secret) => Buffer.from(`?>${secret}?>`).toString('base64url') },
  { name: 'base64 in lines of 76 (MIME)', encode: inLines(76, '\r\n') },
  { name: 'base64 in lines of 64 (PEM)', encode: inLines(64, '\n') },
  { name: 'base64 in lines of 60 within JSON', encode: inLines(60, '\\n') },
  { name: 'base64 with escaped slashes (JSON)', encode: (secret) => base64(secret).replaceAll('/', '\\/') },
  { name: 'base64 percent-encoded', encode: (secret) => encodeURIComponent(base64(secret)) },
  { name: 'hex', encode: (secret) => Buffer.from(secret).toString('hex') },
  { name: 'hex in capitals', encode: (secret) => Buffer.from(secret).toString('hex').toUpperCase() },
  { name: 'percent, as a URL has it', encode: (secret) => `https://example.test/?a=${encodeURIComponent(secret)}&b=1` },
  { name: 'percent, a form has it', encode: (secret) => new URLSearchParams({ a: secret }).toString() },
  { name: 'percent, every byte', encode: eachByte((byte) => `%${hexOf(byte)}`) },
  { name: 'percent, every byte, in capitals', encode: eachByte((byte) => `%${hexOf(byte).toUpperCase()}`) },
  { name: 'percent, every other byte', encode: everyOther((byte) => `%${hexOf(byte)}`) },
  { name: 'percent, twice', encode: eachByte((byte) => `%25${hexOf(byte)}`) },
  { name: 'JSON', encode: (secret) => JSON.stringify({ a: secret }) },
  { name: 'JSON with escaped slashes', encode: (secret) => JSON.stringify({ a: secret }).replaceAll('/', '\\/') },
  { name: 'JSON, every character as \\u', encode: eachByte((byte) => `\\u00${hexOf(byte)}`) },
  { name: 'JSON, every other character as \\u, in capitals', encode: everyOther((byte) => `\\u00${hexOf(byte).toUpperCase()}`) },
  { name: 'JSON within JSON', encode: (secret) => JSON.stringify({ a: JSON.stringify({ b: secret }).replaceAll('/', '\\/') }) },
  { name: 'JSON within JSON, every character as \\u', encode: eachByte((byte) => `\\\\u00${hexOf(byte)}`) },
  { name: '\\x, every byte', encode: eachByte((byte) => `\\x${hexOf(byte)}`) },
  { name: 'HTML', encode: (secret) => `<b>${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#039;').replaceAll('/', '&#x2F;').replaceAll('=', '&#x3D;')}</b>` },
  { name: 'HTML, every character by its number', encode: eachByte((byte) => `&#${byte};`) },
  { name: 'HTML, every character by its hexadecimal number', encode: eachByte((byte) => `&#x${hexOf(byte)};`) },
  { name: 'quoted-printable', encode: (secret) => secret.replaceAll('=', '=3D') },
  { name: 'quoted-printable, every byte', encode: eachByte((byte) => `=${hexOf(byte).toUpperCase()}`) },
  { name: 'several notations mixed', encode: eachByte((byte, at) => [String.fromCharCode(byte), `%${hexOf(byte)}`, `\\u00${hexOf(byte)}`, `&#${byte};`][at % 4] ?? '') },
]

const ROT13 = (text: string): string => text.replaceAll(/[a-z]/gi, (letter) => String.fromCharCode(letter.charCodeAt(0) + (letter.toLowerCase() < 'n' ? 13 : -13)))

/** What passes: known, published, and no reason to believe the list complete. */
export const DEFEATS: readonly Encoding[] = [
  { name: 'reversed', encode: (secret) => [...secret].toReversed().join('') },
  { name: 'rot13', encode: ROT13 },
  { name: 'changed in case', encode: (secret) => secret.toUpperCase() === secret ? secret.toLowerCase() : secret.toUpperCase() },
  { name: 'cut in two', encode: (secret) => `${secret.slice(0, 12)} ${secret.slice(12)}` },
  { name: 'only a half', encode: (secret) => secret.slice(0, Math.ceil(secret.length / 2)) },
  { name: 'with separators', encode: (secret) => [...secret].join('-') },
  { name: 'hex with separators', encode: eachByte((byte) => `${hexOf(byte)}:`) },
  { name: 'decimal numbers', encode: (secret) => JSON.stringify(bytesOf(secret)) },
  { name: 'octal escapes', encode: eachByte((byte) => `\\${byte.toString(8).padStart(3, '0')}`) },
  { name: 'base32', encode: base32 },
  { name: 'base64 of base64', encode: (secret) => base64(base64(secret)) },
  { name: 'base64 of hex', encode: (secret) => base64(Buffer.from(secret).toString('hex')) },
  { name: 'percent, three times', encode: eachByte((byte) => `%2525${hexOf(byte)}`) },
  { name: 'compressed inside of the body', encode: (secret) => Buffer.concat([Buffer.from('PK..'), gzipSync(`a ${secret} and more of ${secret}`)]) },
  { name: 'XOR with a constant', encode: (secret) => Buffer.from(bytesOf(secret).map((byte) => byte ^ 0x55)) },
]

function base32(secret: string): string {
  const bits = bytesOf(secret).map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replaceAll(/.{1,5}/g, (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(five.padEnd(5, '0'), 2)))
}
