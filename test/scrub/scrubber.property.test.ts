import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { cutProblem, keptBack, scrubInvariants } from './scrub-invariants.ts'
import { scrubbed } from './scrubbing.ts'
import { CAUGHT } from './encodings.ts'
import { findCanaries } from '../support/canary.ts'

const SOME = { numRuns: 200 }
const characters = (from: string) => fc.constantFrom(...from)
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const token = fc.string({ unit: characters(`${LETTERS}-._~+/=`), minLength: 16, maxLength: 90 }).filter((text) => new Set(text).size > 8)
/** Of few characters, so that secrets overlap with themselves and with the text around them. */
const dense = fc.string({ unit: characters('ab%25\\u06'), minLength: 8, maxLength: 20 })
const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: characters('ab%25\\u06'), maxLength: 200 }), fc.json())
const splits = fc.array(fc.nat(400), { maxLength: 8 })

const hex = (byte: number): string => byte.toString(16).padStart(2, '0')
const SPELLINGS: readonly ((byte: number) => string)[] = [
  (byte) => String.fromCharCode(byte), (byte) => `%${hex(byte)}`, (byte) => `%${hex(byte).toUpperCase()}`, (byte) => `%25${hex(byte)}`, (byte) => `\\u00${hex(byte)}`,
  (byte) => `\\u00${hex(byte).toUpperCase()}`, (byte) => `\\\\u00${hex(byte)}`, (byte) => `\\x${hex(byte)}`, (byte) => `&#${byte};`, (byte) => `&#x${hex(byte)};`, (byte) => `=${hex(byte).toUpperCase()}`,
]

describe('whatever the secret, the text and the chunks', () => {
  it('a text without the secret comes out byte for byte', () => {
    fc.assert(fc.property(token, text, splits, (secret, around, at) => {
      const bytes = Buffer.from(around)
      const out = scrubbed(secret, cutAt(bytes, at))
      return out.hits === 0 && out.bytes.equals(bytes)
    }), SOME)
  })

  it('every encoding of the secret is found by the scrub, and then by nobody', () => {
    fc.assert(fc.property(token, fc.constantFrom(...CAUGHT), text, text, splits, (secret, { encode }, before, after, at) => {
      const bytes = Buffer.concat([Buffer.from(before), Buffer.from(' '), Buffer.from(encode(secret)), Buffer.from(' '), Buffer.from(after)])
      const out = scrubbed(secret, cutAt(bytes, at))
      return out.hits > 0 && out.bytes.length === bytes.length && findCanaries([{ name: 'answer', bytes: out.bytes }], [{ name: 'secret', value: secret }]).length === 0
    }), SOME)
  })

  it('so is any mix of the ways in which single bytes are escaped', () => {
    fc.assert(fc.property(token, fc.array(fc.nat(SPELLINGS.length - 1), { minLength: 90, maxLength: 90 }), text, splits, (secret, ways, after, at) => {
      const spelled = [...Buffer.from(secret)].map((byte, place) => SPELLINGS[ways[place] ?? 0]?.(byte) ?? '').join('')
      const bytes = Buffer.from(`{"a":"${spelled}"}${after}`)
      const out = scrubbed(secret, cutAt(bytes, at))
      const begun = 6 + spelled.length
      return out.hits > 0 && cutProblem(keptBack(secret), bytes.subarray(0, begun), Buffer.from(`{"a":"${'*'.repeat(spelled.length)}`), out.bytes.subarray(0, begun)) === undefined
    }), SOME)
  })

  it('length and place hold, and no eight bytes in a row show wherever it is cut, for secrets that are all repetition and escapes too', () => {
    fc.assert(fc.property(fc.oneof(token, dense), fc.array(fc.oneof(text, fc.constant('\u0000')), { maxLength: 6 }), splits, (secret, around, at) => {
      const bytes = Buffer.from(around.map((part) => (part === '\u0000' ? secret : part)).join(''))
      scrubInvariants(secret, cutAt(bytes, at))
    }), { numRuns: 400 })
  })
})

function cutAt(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.filter((place) => place < bytes.length).toSorted((one, other) => one - other), bytes.length]
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}
