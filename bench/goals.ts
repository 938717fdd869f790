import { round, type Row } from './measure.ts'

/** Something that was to be reached, in words and figures. */
export interface Goal {
  readonly what: string
  readonly figure: number
  readonly wanted: string
  readonly reached: boolean
}

type Tables = Readonly<Record<string, readonly Row[]>>

interface Bound {
  readonly what: string
  /** NaN where a figure for it is missing. */
  figure(tables: Tables): number
  readonly atMost?: number
  readonly atLeast?: number
}

const BOUNDS: readonly Bound[] = [
  { what: 'reverse mode, CPU a request against bare http-proxy-3', atMost: 0.6, figure: (all) => ratio(all, 'reverse', 'CPU µs', 'Postern, audit relaxed', 'http-proxy-3, bare') },
  { what: 'reverse mode, CPU a request against bare undici dispatch', atMost: 1, figure: (all) => ratio(all, 'reverse', 'CPU µs', 'Postern, audit relaxed', 'undici dispatch, bare') },
]

/** Pure: what of the tables' figures was to be reached; nothing of what was not measured. */
export function judged(tables: Tables): readonly Goal[] {
  return BOUNDS.flatMap(({ what, figure, atMost, atLeast }) => {
    const value = figure(tables)
    if (Number.isNaN(value)) return []
    const wanted = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`
    return [{ what, figure: round(value, 2), wanted, reached: atMost === undefined ? value >= (atLeast ?? Infinity) : value <= atMost }]
  })
}

function ratio(tables: Tables, table: string, column: string, of: string, against: string): number {
  return figureOf(tables, table, column, of) / figureOf(tables, table, column, against)
}

function figureOf(tables: Tables, table: string, column: string, name: string): number {
  return tables[table]?.find((row) => row.name === name)?.figures[column] ?? Number.NaN
}
