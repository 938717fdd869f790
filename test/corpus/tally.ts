/** How many cases of a family ended in which way; for the proof. */
export interface Tally {
  readonly family: string
  readonly kinds: number
  readonly cases: number
  /** Sent on, as exactly the request that it was to be. */
  readonly taken: number
  /** By an answer of ours. */
  readonly refused: number
  /** By the reset of a stream, or the end of a connection. */
  readonly cut: number
}

/** @param outcomes of every case: `ok`, a code, `untold`, `cut`, `reset …` or `ended …` */
export function tallied(family: string, kinds: number, outcomes: readonly string[]): Tally {
  const taken = outcomes.filter((outcome) => outcome === 'ok').length
  const cut = outcomes.filter((outcome) => /^(?:cut|reset|ended)\b/.test(outcome)).length
  return { family, kinds, cases: outcomes.length, taken, refused: outcomes.length - taken - cut, cut }
}
