/** One piece of the product that is given anything at all, and what must hold for each of them. */
export interface FuzzTarget {
  readonly name: string
  /** Files whose coverage guides it, as they begin in `src/`. */
  readonly covers: readonly string[]
  /** What inputs are made of beside bytes. */
  readonly words: readonly string[]
  /** What it begins with, beside its corpus on disk. */
  readonly seeds: readonly string[]
  /** @throws Error where something does not hold */
  readonly run: (input: Buffer) => void
}

/** Says that something does not hold; the message is what a finding is told by. */
export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}
