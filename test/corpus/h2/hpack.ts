/** Indices of the static table (RFC 7541 appendix A) that cases use. */
export const STATIC = { authority: 1, get: 2, post: 3, root: 4, https: 7, ok: 8, accept: 19, authorization: 23, contentLength: 28, cookie: 32, host: 38, transferEncoding: 57 } as const
/** The first index of the dynamic table. */
export const DYNAMIC = 62

/** How a literal begins (RFC 7541 section 6.2), and how many bits of its first byte are the index of its name. */
const KINDS = { incremental: [0x40, 6], plain: [0, 4], never: [0x10, 4] } as const
export type Literal = keyof typeof KINDS

/** RFC 7541 section 5.1: a number behind some bits that say what it is. @param prefix bits that it has of its first byte */
export function integer(value: number, prefix: number, pattern = 0): Buffer {
  const most = 2 ** prefix - 1
  if (value < most) return Buffer.from([pattern | value])
  const bytes = [pattern | most]
  let left = value - most
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}

/** A string as it is, without Huffman. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length, 7), bytes])
}

/** A whole field out of a table (section 6.1). */
export const indexed = (index: number): Buffer => integer(index, 7, 0x80)
/** Section 6.3. */
export const tableSize = (bytes: number): Buffer => integer(bytes, 5, 0x20)

/** A field by its letters, its name out of a table where it is a number. */
export function literal(kind: Literal, name: string | number, value: string | Buffer): Buffer {
  const [pattern, prefix] = KINDS[kind]
  const written = typeof value === 'string' ? text(value) : value
  return typeof name === 'number' ? Buffer.concat([integer(name, prefix, pattern), written]) : Buffer.concat([Buffer.from([pattern]), text(name), written])
}

/** Codes of section B, of some letters only. */
const CODES: Readonly<Record<string, string>> = {
  0: '00000', 1: '00001', 2: '00010', a: '00011', c: '00100', e: '00101', i: '00110', o: '00111', s: '01000', t: '01001', '-': '010110', '.': '010111', '/': '011000',
  '\n': '111111111111111111111111111100', '\r': '111111111111111111111111111101', '\0': '1111111111000', EOS: '111111111111111111111111111111',
}

/** Bits with a length before them, as a string in Huffman's code. */
export function huffmanBits(bits: string): Buffer {
  if (bits.length % 8 !== 0) throw new TypeError('no whole bytes')
  const bytes = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
  return Buffer.concat([integer(bytes.length, 7, 0x80), bytes])
}

/** The code of some letters, not padded. */
export function codeOfLetters(...letters: readonly string[]): string {
  return letters.map((letter) => {
    const code = CODES[letter]
    if (code === undefined) throw new TypeError(`no code for ${letter}`)
    return code
  }).join('')
}

/** Filled to a whole byte. @param bit ones, by the RFC */
export function padded(bits: string, bit = '1'): string {
  return bits.padEnd(Math.ceil(bits.length / 8) * 8, bit)
}
