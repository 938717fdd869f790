const BITS = 1 << 15
const SHIFT = 32 - 15
/** 2^32 divided by the golden ratio: spreads what is alike (Knuth, volume 3, section 6.4). */
const SPREAD = 0x9e3779b1

/** A set of three bytes in a row, by hash: what is not in it is certainly none of them. 4 KB. */
export class Trigrams {
  readonly #bits = new Uint8Array(BITS / 8)

  add(first: number, second: number, third: number): void {
    const hash = Math.imul((first << 16) | (second << 8) | third, SPREAD) >>> SHIFT
    this.#bits[hash >> 3] = (this.#bits[hash >> 3] ?? 0) | (1 << (hash & 7))
  }

  /** The bytes at `at` and the two after it have to exist. */
  has(bytes: Uint8Array, at: number): boolean {
    return has(this.#bits, ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number))
  }

  /** @returns the first place that is in the set, of `from` and every `stride` bytes after it; the length where none is */
  search(bytes: Uint8Array, from: number, stride: number): number {
    const bits = this.#bits
    const end = bytes.length - 2
    for (let at = from; at < end; at += stride) {
      if (has(bits, ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number))) return at
    }
    return bytes.length
  }

  /** The same in Latin-1 text. */
  searchText(text: string, from: number, stride: number): number {
    const bits = this.#bits
    const end = text.length - 2
    for (let at = from; at < end; at += stride) {
      if (has(bits, (text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2))) return at
    }
    return text.length
  }

  /** The share of the table that is set: so often a trigram that is none of them is taken for one. */
  get fill(): number {
    let set = 0
    for (const byte of this.#bits) for (let bits = byte; bits !== 0; bits &= bits - 1) set += 1
    return set / BITS
  }
}

function has(bits: Uint8Array, trigram: number): boolean {
  const hash = Math.imul(trigram, SPREAD) >>> SHIFT
  return (((bits[hash >> 3] as number) >> (hash & 7)) & 1) === 1
}
