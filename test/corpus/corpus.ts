import type { Family } from './corpus-case.ts'
import { chunks } from './family-chunks.ts'
import { connectFamily } from './family-connects.ts'
import { fieldFamilies } from './family-fields.ts'
import { framing } from './family-framing.ts'
import { h2cFamily } from './family-h2c.ts'
import { hostFamilies } from './family-hosts.ts'
import { pathFamilies } from './family-paths.ts'
import { startLineFamilies } from './family-start-lines.ts'

/** Everything that is sent as bytes of HTTP/1. */
export const CORPUS: readonly Family[] = [...framing, ...chunks, ...pathFamilies, ...hostFamilies, ...fieldFamilies, ...startLineFamilies, connectFamily, h2cFamily]

export interface FamilyCount {
  readonly family: string
  readonly rows: number
  /** Rows through all of their doors. */
  readonly cases: number
}

/** How many requests each family makes. */
export function countsOf(families: readonly Family[]): readonly FamilyCount[] {
  return families.map(({ family, rows }) => ({ family, rows: rows.length, cases: rows.reduce((sum, { doors }) => sum + doors.length, 0) }))
}
