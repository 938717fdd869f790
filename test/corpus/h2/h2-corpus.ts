import { bodyFamilies } from './family-bodies.ts'
import { fieldFamilies } from './family-fields.ts'
import { frameFamilies } from './family-frames.ts'
import { hpackFamily } from './family-hpack.ts'
import { pseudoFamilies } from './family-pseudo.ts'
import { WAYS, type H2Family, type H2Row, type H2Way } from './h2-case.ts'

/** Everything that is sent as frames of HTTP/2. */
export const H2_CORPUS: readonly H2Family[] = [...frameFamilies, hpackFamily, ...pseudoFamilies, ...fieldFamilies, ...bodyFamilies]

/** The ways that a row is sent through. */
export function waysOf({ doors }: H2Row): readonly H2Way[] {
  return WAYS.filter(({ door }) => doors.includes(door))
}
