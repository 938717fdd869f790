/** Sixteen bins between a value and its double: a value told from its bin's middle is at most 2.2 % off. */
const PER_DOUBLING = 16
/** Some 37 hours; what takes longer counts as that. */
const LAST_BIN = 27 * PER_DOUBLING

/** The bin of a duration; what is shorter than a millisecond counts as one. */
export function binOf(durationMs: number): number {
  return Math.min(LAST_BIN, Math.max(0, Math.floor(Math.log2(durationMs) * PER_DOUBLING)))
}

/**
 * The duration that this share of all stays within, by nearest rank. Pure.
 * @param counts how many there are of each bin
 * @param share above 0, at most 1: 0.95
 * @returns milliseconds to a tenth, or undefined where there is none
 */
export function quantile(counts: ReadonlyMap<number, number>, share: number): number | undefined {
  const bins = [...counts].toSorted(([one], [other]) => one - other)
  const rank = Math.ceil(share * bins.reduce((sum, [, count]) => sum + count, 0))
  let seen = 0
  for (const [bin, count] of bins) {
    seen += count
    if (seen >= rank) return Math.round(2 ** ((bin + 0.5) / PER_DOUBLING) * 10) / 10
  }
  return undefined
}
