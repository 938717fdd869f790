import { reverse, tlsUpstream } from './reverse.ts'
import type { Section } from './section.ts'

/** Every table, in the order in which they are measured and printed. */
export const SECTIONS: readonly Section[] = [
  reverse,
  tlsUpstream,
]
