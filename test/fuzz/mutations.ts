const MAX_BYTES = 4_096
/** Bytes that readers treat in their own ways. */
const ODD_BYTES = [0x00, 0x09, 0x0a, 0x0b, 0x0d, 0x20, 0x22, 0x23, 0x25, 0x2c, 0x2e, 0x2f, 0x3a, 0x3b, 0x3d, 0x3f, 0x40, 0x5b, 0x5c, 0x5f, 0x7f, 0x80, 0xa0, 0xc0,
  0xff]

/** A source of numbers that gives the same ones for the same seed (mulberry32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 to `below - 1`. */
  roll(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.roll(from.length)]
    if (found === undefined) throw new TypeError('nothing to pick from')
    return found
  }
}

/** One to six changes of an input: bytes flipped, put in, taken out, repeated, words of the target put in, another input spliced. */
export function mutate(dice: Dice, input: Buffer, words: readonly string[], other: Buffer): Buffer {
  let text: Buffer = Buffer.from(input)
  for (let left = 1 + dice.roll(6); left > 0; left -= 1) text = change(dice, text, words, other)
  return text.length > MAX_BYTES ? text.subarray(0, MAX_BYTES) : text
}

function change(dice: Dice, text: Buffer, words: readonly string[], other: Buffer): Buffer {
  const at = dice.roll(text.length + 1)
  const end = Math.min(text.length, at + 1 + dice.roll(8))
  const put = (bytes: Buffer, until = at): Buffer => Buffer.concat([text.subarray(0, at), bytes, text.subarray(until)])
  switch (dice.roll(9)) {
    case 0:
      return put(Buffer.from([dice.roll(256)]), end)
    case 1:
      return put(Buffer.from([dice.pick(ODD_BYTES)]))
    case 2:
      return put(Buffer.alloc(0), end)
    case 3:
      return put(text.subarray(at, end))
    case 4:
    case 5:
      return put(Buffer.from(dice.pick(words), 'latin1'), dice.roll(2) === 0 ? at : end)
    case 6:
      return put(other.subarray(dice.roll(other.length + 1)), text.length)
    case 7:
      return put(Buffer.from(caseTurned(text.toString('latin1', at, end)), 'latin1'), end)
    default:
      return put(Buffer.from(escaped(text.subarray(at, end)), 'latin1'), end)
  }
}

function caseTurned(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
}

function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
