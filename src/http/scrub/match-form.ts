import type { SecretForm } from './secret-forms.ts'

/** Here is no beginning of the form. */
export const NO_MATCH = -1
/** The bytes end before it is told whether the form stands here. */
export const CUT_SHORT = -2

/**
 * Reads a form at one place, each byte of it spelled in any way.
 * @param final nothing comes after these bytes
 * @returns where the form ends, `NO_MATCH` or `CUT_SHORT`
 */
export function matchForm(form: SecretForm, bytes: Uint8Array, at: number, final: boolean): number {
  // As it is, first: a secret that itself looks like an escape must not be read as one.
  const literal = matchLiteral(form.bytes, bytes, at)
  return literal === NO_MATCH || (literal === CUT_SHORT && final) ? matchSpelled(form, bytes, at, final) : literal
}

/** Set for the bytes with which a spelling may begin. */
const OPENS = new Uint8Array(256)
for (const character of '%=\\&+\r\n') OPENS[character.charCodeAt(0)] = 1

function matchSpelled({ bytes: wanted, spellings }: SecretForm, bytes: Uint8Array, from: number, final: boolean): number {
  let at = from
  for (let place = 0; place < wanted.length; place += 1) {
    if (at >= bytes.length) return CUT_SHORT
    const byte = wanted[place] as number
    const literal = bytes[at] === byte
    if (OPENS[bytes[at] as number] === 0) {
      if (!literal) return NO_MATCH
      at += 1
      continue
    }
    const next = oneOf(spellings(byte, place).others, bytes, at, final)
    if (next < 0 && (next === CUT_SHORT || !literal)) return next
    at = next < 0 ? at + 1 : next
  }
  return at
}

/** The longest that stands there; where it takes more bytes to tell, that is what is told, so that chunks make no difference. */
function oneOf(pieces: readonly Buffer[], bytes: Uint8Array, at: number, final: boolean): number {
  for (const piece of pieces) {
    const end = matchLiteral(piece, bytes, at)
    if (end >= 0 || (end === CUT_SHORT && !final)) return end
  }
  return NO_MATCH
}

function matchLiteral(wanted: Uint8Array, bytes: Uint8Array, at: number): number {
  for (let place = 0; place < wanted.length; place += 1) {
    if (at + place >= bytes.length) return CUT_SHORT
    if (bytes[at + place] !== wanted[place]) return NO_MATCH
  }
  return at + wanted.length
}
