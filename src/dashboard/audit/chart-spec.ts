import type { SeriesItem } from './series.ts'
import { latencyText } from './record-words.ts'

/** One line, or the bars, of a chart. */
export interface ChartLine {
  readonly name: string
  /** A variable of the stylesheet, so that dark and light have their own. */
  readonly colour: '--accent' | '--danger' | '--warn' | '--muted'
  readonly form: 'bars' | 'line' | 'dashes'
  readonly values: readonly (number | null)[]
}

/** What one chart shows. */
export interface ChartSpec {
  readonly title: string
  /** Seconds since 1970: where each part begins. */
  readonly timesS: readonly number[]
  readonly lines: readonly ChartLine[]
  /** A value with its unit. */
  text(value: number): string
}

/** How many calls, and how many that did not go well. Pure. */
export function callsSpec(items: readonly SeriesItem[]): ChartSpec {
  return {
    title: 'Calls', timesS: timesOf(items), text: (value) => value.toLocaleString('en'),
    lines: [
      { name: 'calls', colour: '--accent', form: 'bars', values: items.map(({ calls }) => calls) },
      { name: 'denied', colour: '--danger', form: 'line', values: items.map(({ denied }) => denied) },
      { name: 'failed', colour: '--warn', form: 'dashes', values: items.map(({ failed }) => failed) },
    ],
  }
}

/** How long calls took. Pure. */
export function latencySpec(items: readonly SeriesItem[]): ChartSpec {
  return {
    title: 'Latency', timesS: timesOf(items), text: latencyText,
    lines: [
      { name: 'p50', colour: '--accent', form: 'line', values: items.map(({ p50_ms }) => p50_ms) },
      { name: 'p95', colour: '--warn', form: 'dashes', values: items.map(({ p95_ms }) => p95_ms) },
    ],
  }
}

function timesOf(items: readonly SeriesItem[]): readonly number[] {
  return items.map(({ at }) => Date.parse(at) / 1000)
}
