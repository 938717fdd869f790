/** How evenly frames came, in milliseconds from one to the next. */
export interface FrameFigures {
  readonly frames: number
  readonly frameMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly longest: number }
  /** Shares of all frames, from 0 to 1: beyond one, and beyond two of 60 a second (with half a millisecond for the clock). */
  readonly over16_7: number
  readonly over33_3: number
}

const CLOCK_MS = 0.5

/** Pure. */
export function frameFigures(framesMs: readonly number[]): FrameFigures {
  const sorted = framesMs.toSorted((a, b) => a - b)
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN)
  const over = (limitMs: number): number => round(sorted.filter((ms) => ms > limitMs + CLOCK_MS).length / sorted.length, 4)
  return { frames: sorted.length, frameMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1) }, over16_7: over(16.7), over33_3: over(33.3) }
}

/** Pure. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Pure. */
export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
