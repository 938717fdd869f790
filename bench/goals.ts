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

const RELAXED = 'Postern, audit relaxed'
const UNDICI = 'undici dispatch, bare'
const HELD = 'MB with 2000'

const BOUNDS: readonly Bound[] = [
  { what: 'reverse mode, CPU a request against bare http-proxy-3', atMost: 0.6, figure: (all) => ratio(all, 'reverse', 'CPU µs', RELAXED, 'http-proxy-3, bare') },
  { what: 'reverse mode, CPU a request against bare undici dispatch', atMost: 1, figure: (all) => ratio(all, 'reverse', 'CPU µs', RELAXED, UNDICI) },
  { what: 'forward TLS, requests a second against mitmproxy', atLeast: 15, figure: (all) => ratio(all, 'tunnel', 'a second', RELAXED, 'mitmproxy') },
  // Level: one of the two within 5 %.
  { what: 'forward TLS, CPU a request (or throughput, inverted) against squid ssl_bump', atMost: 1.05, figure: (all) => Math.min(ratio(all, 'tunnel', 'CPU µs', RELAXED, 'squid ssl_bump'), ratio(all, 'tunnel', 'a second', 'squid ssl_bump', RELAXED)) },
  { what: 'identity + route + decision + credential lookup + audit, µs a request', atMost: 10, figure: (all) => figureOf(all, 'stages', 'µs a request', 'together') },
  { what: 'added p99 at 200 requests a second over bare undici, ms', atMost: 1, figure: (all) => (figureOf(all, 'latency', 'p99 µs', RELAXED) - figureOf(all, 'latency', 'p99 µs', UNDICI)) / 1000 },
  { what: 'memory with 2,000 idle connections, plain, against a bare Node server', atMost: 1.25, figure: (all) => ratio(all, 'idle', HELD, 'plain: Postern', 'plain: bare Node server') },
  { what: 'memory with 2,000 idle connections, TLS inside CONNECT, against a bare Node server with the same sockets', atMost: 1.25, figure: (all) => ratio(all, 'idle', HELD, 'TLS inside CONNECT: Postern', 'TLS inside CONNECT: bare Node server') },
  { what: 'memory while 1 GB streams down, second half against the first, MB more', atMost: 16, figure: (all) => growthMb(all, 'down') },
  { what: 'memory while 1 GB streams up, second half against the first, MB more', atMost: 16, figure: (all) => growthMb(all, 'up') },
  { what: 'the built program from start to ready, ms', atMost: 400, figure: (all) => figureOf(all, 'start', 'ms to ready', 'Postern, again') },
]

function growthMb(tables: Tables, way: 'down' | 'up'): number {
  const of = (half: string): number => figureOf(tables, 'streaming', `MB at most, ${half} half`, `${RELAXED}, ${way}`)
  return of('second') - of('first')
}

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
