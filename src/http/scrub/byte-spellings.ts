/** How one byte may stand in a text, and how that begins and ends. */
export interface ByteSpellings {
  /** Other than by itself; longest first. */
  readonly others: readonly Buffer[]
  /** Those of one byte, itself among them. */
  readonly single: readonly number[]
  readonly first: readonly number[]
  readonly last: readonly number[]
  /** Of those of two bytes and more. */
  readonly firstTwo: readonly Pair[]
  readonly lastTwo: readonly Pair[]
}

export type Pair = readonly [number, number]

/** Tells of each byte how it may be spelled: made once for all secrets. @param textsOf Latin-1, other than the byte itself */
export function spellingTable(textsOf: (byte: number) => readonly string[]): (byte: number) => ByteSpellings {
  const table: (ByteSpellings | undefined)[] = Array.from({ length: 256 }, () => undefined)
  return (byte) => {
    const made = table[byte] ?? spellingsOf(byte, textsOf(byte))
    table[byte] = made
    return made
  }
}

function spellingsOf(byte: number, texts: readonly string[]): ByteSpellings {
  const others = texts.map((text) => Buffer.from(text, 'latin1'))
  const several = others.filter(({ length }) => length > 1)
  const single = others.filter(({ length }) => length === 1)
  return {
    others,
    single: distinct([byte, ...single.map((piece) => piece[0] as number)]),
    first: distinct([byte, ...others.map((piece) => piece[0] as number)]),
    last: distinct([byte, ...others.map((piece) => piece.at(-1) as number)]),
    firstTwo: distinctPairs(several.map((piece) => [piece[0] as number, piece[1] as number])),
    lastTwo: distinctPairs(several.map((piece) => [piece.at(-2) as number, piece.at(-1) as number])),
  }
}

function distinct(bytes: readonly number[]): readonly number[] {
  return [...new Set(bytes)]
}

function distinctPairs(pairs: readonly Pair[]): readonly Pair[] {
  return [...new Map(pairs.map((pair) => [(pair[0] << 8) | pair[1], pair])).values()]
}
