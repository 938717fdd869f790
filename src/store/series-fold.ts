import type { AuditSeries, SeriesPoint, SeriesWindow } from './ports/audit-series.ts'
import { binOf, quantile } from './latency-histogram.ts'

const MAX_BUCKETS = 500
const MAX_TIME_MS = 8_640_000_000_000_000

/** What of a record counts in a series. */
export interface SeriesFacts {
  readonly timeMs: number
  readonly event: string
  readonly outcome: string | undefined
  readonly durationMs: number | undefined
}

/** One part of the window while it is counted. */
interface Tally {
  calls: number
  denied: number
  failed: number
  readonly latency: Map<number, number>
}

/** Tallies by part of the window: plain data, so that it crosses threads. */
export type Tallies = ReadonlyMap<number, Readonly<Tally>>

/** Counts records into the parts of a window, in memory bounded by the number of parts; what was counted elsewhere can be added. */
export class SeriesFold {
  readonly #sinceMs: number
  readonly #untilMs: number
  readonly #stepMs: number
  readonly #parts: number
  readonly #tallies = new Map<number, Tally>()

  /** @throws TypeError for a window that is none */
  constructor({ sinceMs, untilMs, buckets }: SeriesWindow) {
    if (!Number.isInteger(buckets) || buckets < 1 || buckets > MAX_BUCKETS) throw new TypeError(`a series has 1 to ${MAX_BUCKETS} parts`)
    if (!isTime(sinceMs) || !isTime(untilMs) || sinceMs >= untilMs) throw new TypeError('a series is over a time that begins before it ends')
    this.#sinceMs = sinceMs
    this.#untilMs = untilMs
    this.#stepMs = Math.ceil((untilMs - sinceMs) / buckets)
    this.#parts = Math.ceil((untilMs - sinceMs) / this.#stepMs)
  }

  get tallies(): Tallies {
    return this.#tallies
  }

  /** What lies outside of the window is passed over. */
  add({ timeMs, event, outcome, durationMs }: SeriesFacts): void {
    if (timeMs < this.#sinceMs || timeMs > this.#untilMs) return
    const isCall = event === 'api.call'
    const isDenied = outcome === 'denied'
    if (!isCall && !isDenied) return
    const tally = this.#tally(this.#partOf(timeMs))
    if (isDenied) tally.denied += 1
    if (!isCall) return
    tally.calls += 1
    if (outcome === 'failed' || outcome === 'aborted') tally.failed += 1
    if (durationMs !== undefined) count(tally.latency, binOf(durationMs), 1)
  }

  addAll(tallies: Tallies): void {
    for (const [part, { calls, denied, failed, latency }] of tallies) {
      const tally = this.#tally(part)
      tally.calls += calls
      tally.denied += denied
      tally.failed += failed
      for (const [bin, times] of latency) count(tally.latency, bin, times)
    }
  }

  /** @param lookedBackTo the oldest moment that was looked at, where the bound was met before the window's beginning */
  series(lookedBackTo?: number): AuditSeries {
    const first = lookedBackTo === undefined ? 0 : this.#partOf(Math.max(lookedBackTo, this.#sinceMs))
    const items = Array.from({ length: this.#parts - first }, (_, at) => this.#point(first + at))
    const total = { calls: sum(items, 'calls'), denied: sum(items, 'denied'), failed: sum(items, 'failed') }
    return { stepMs: this.#stepMs, items, total, complete: lookedBackTo === undefined }
  }

  /** The window's last moment belongs to its last part. */
  #partOf(timeMs: number): number {
    return Math.min(this.#parts - 1, Math.floor((timeMs - this.#sinceMs) / this.#stepMs))
  }

  #tally(part: number): Tally {
    const known = this.#tallies.get(part)
    if (known !== undefined) return known
    const tally = { calls: 0, denied: 0, failed: 0, latency: new Map<number, number>() }
    this.#tallies.set(part, tally)
    return tally
  }

  #point(part: number): SeriesPoint {
    const { calls, denied, failed, latency } = this.#tallies.get(part) ?? NOTHING
    const quantiles = { p50Ms: quantile(latency, 0.5), p95Ms: quantile(latency, 0.95), p99Ms: quantile(latency, 0.99) }
    return { atMs: this.#sinceMs + part * this.#stepMs, calls, denied, failed, ...quantiles }
  }
}

const NOTHING: Readonly<Tally> = { calls: 0, denied: 0, failed: 0, latency: new Map() }

function isTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms <= MAX_TIME_MS
}

function count(bins: Map<number, number>, bin: number, times: number): void {
  bins.set(bin, (bins.get(bin) ?? 0) + times)
}

function sum(items: readonly SeriesPoint[], what: 'calls' | 'denied' | 'failed'): number {
  return items.reduce((all, item) => all + item[what], 0)
}
