import type { ByteSpellings } from './byte-spellings.ts'
import type { SecretForm } from './secret-forms.ts'
import type { Trigrams } from './trigrams.ts'

/** Adds every three bytes in a row that the form's first `units` bytes can give, in whatever mix they are spelled. */
export function addTrigrams(trigrams: Trigrams, { bytes, spellings }: SecretForm, units: number): void {
  const places = Array.from(bytes.subarray(0, units), (byte, at) => spellings(byte, at))
  for (let at = 0; at < places.length; at += 1) {
    const [place, next, afterNext] = [places[at] as ByteSpellings, places[at + 1], places[at + 2]]
    for (const piece of place.others) addWithin(trigrams, piece)
    if (next !== undefined) addAcross(trigrams, place, next)
    if (next !== undefined && afterNext !== undefined) addAround(trigrams, place, next, afterNext)
  }
}

function addWithin(trigrams: Trigrams, piece: Buffer): void {
  for (let at = 0; at + 2 < piece.length; at += 1) trigrams.add(piece[at] as number, piece[at + 1] as number, piece[at + 2] as number)
}

function addAcross(trigrams: Trigrams, place: ByteSpellings, next: ByteSpellings): void {
  for (const [first, second] of place.lastTwo) for (const third of next.first) trigrams.add(first, second, third)
  for (const [second, third] of next.firstTwo) for (const first of place.last) trigrams.add(first, second, third)
}

function addAround(trigrams: Trigrams, before: ByteSpellings, place: ByteSpellings, after: ByteSpellings): void {
  for (const first of before.last) for (const second of place.single) for (const third of after.first) trigrams.add(first, second, third)
}
