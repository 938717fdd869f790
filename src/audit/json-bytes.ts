import { quote } from './escape.ts'

/** Shorter texts are had letter by letter sooner than by a call into the runtime. */
const SHORT_LETTERS = 32
const [QUOTE, BACKSLASH, FIRST_PLAIN, LAST_PLAIN, ZERO] = [0x22, 0x5c, 0x20, 0x7e, 0x30]

/** Copies bytes. There must be room. @returns where they end */
export function putBytes(to: Buffer, at: number, bytes: Uint8Array): number {
  to.set(bytes, at)
  return at + bytes.length
}

/** Writes the text as `quote` gives it. There must be room. @returns where it ends */
export function putText(to: Buffer, start: number, text: string, maxLength: number): number {
  const { length } = text
  if (length > SHORT_LETTERS || length > maxLength) return start + to.write(quote(text, maxLength), start, 'latin1')
  let at = start
  to[at++] = QUOTE
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code < FIRST_PLAIN || code > LAST_PLAIN || code === QUOTE || code === BACKSLASH) return start + to.write(quote(text, maxLength), start, 'latin1')
    to[at++] = code
  }
  to[at++] = QUOTE
  return at
}

/** Writes a number; JSON has no word for NaN and the infinities. There must be room. @returns where it ends */
export function putNumber(to: Buffer, at: number, value: number): number {
  if (value >>> 0 !== value) return at + to.write(Number.isFinite(value) ? String(value) : 'null', at, 'latin1')
  const end = at + digitsOf(value)
  let rest = value
  for (let index = end - 1; index >= at; index--) {
    const tenth = Math.floor(rest / 10)
    to[index] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return end
}

/** How many decimal digits a number of no more than 32 bits has. */
function digitsOf(value: number): number {
  let digits = 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++
  return digits
}
