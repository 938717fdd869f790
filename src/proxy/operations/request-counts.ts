import type { AuditEvent } from '../../audit/event.ts'

/** Upper bounds of the duration buckets, in milliseconds; one more counts what is slower. */
export const DURATION_BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000] as const

/** All requests with the same labels. */
export interface RequestSeries {
  readonly integration: string
  readonly outcome: string
  readonly code: string
  requests: number
}

/** The durations of one integration's requests; `buckets` are not cumulative. */
export interface DurationSeries {
  readonly integration: string
  readonly buckets: number[]
  sumMs: number
  count: number
}

/** What stands for a name that is no integration of ours, and for none. */
const OTHER = 'other'
const NONE = 'none'

/** Counts what the audit is told, on plain numbers: all labels are of our own words, none is a client's. */
export class RequestCounts {
  readonly #knowsIntegration: (name: string) => boolean
  readonly #requests = new Map<string, RequestSeries>()
  #latest: RequestSeries | undefined
  readonly #durations = new Map<string, DurationSeries>()
  readonly #issued = new Map<string, number>()
  readonly #scrubbed = new Map<string, number>()
  readonly policy = { loaded: 0, rejected: 0, lastOk: 0, lastLoadedMs: 0 }

  constructor(knowsIntegration: (name: string) => boolean) {
    this.#knowsIntegration = knowsIntegration
  }

  /** Subscribe with `FileAuditLog.onEvent`. @param nowMs wall clock */
  count(event: AuditEvent, nowMs: number): void {
    switch (event.event) {
      case 'api.call':
      case 'api.denied':
        return this.#countRequest(event)
      case 'credential.issued':
        return this.#countIssued(this.#label(event.integration))
      case 'policy.loaded':
        this.policy.loaded++
        this.policy.lastOk = 1
        this.policy.lastLoadedMs = nowMs
        return
      case 'policy.rejected':
        this.policy.rejected++
        this.policy.lastOk = 0
        return
      default:
        // The other events are counted by nobody.
    }
  }

  requests(): Iterable<RequestSeries> {
    return this.#requests.values()
  }

  durations(): Iterable<DurationSeries> {
    return this.#durations.values()
  }

  issued(): Iterable<readonly [string, number]> {
    return this.#issued
  }

  scrubbed(): Iterable<readonly [string, number]> {
    return this.#scrubbed
  }

  #countRequest(event: AuditEvent): void {
    const integration = this.#label(event.integration)
    const code = event.code ?? NONE
    this.#requestSeries(integration, event.outcome, code).requests += event.count ?? 1
    if (event.http?.scrubbed !== undefined) this.#scrubbed.set(integration, (this.#scrubbed.get(integration) ?? 0) + 1)
    const durationMs = event.http?.duration_ms
    if (event.event === 'api.call' && durationMs !== undefined) observe(this.#durationSeries(integration), durationMs)
  }

  #requestSeries(integration: string, outcome: string, code: string): RequestSeries {
    // Mostly it is the same as the last one.
    const latest = this.#latest
    if (latest !== undefined && latest.integration === integration && latest.outcome === outcome && latest.code === code) return latest
    return (this.#latest = this.#findSeries(integration, outcome, code))
  }

  #findSeries(integration: string, outcome: string, code: string): RequestSeries {
    const key = `${integration} ${outcome} ${code}`
    const found = this.#requests.get(key)
    if (found !== undefined) return found
    const series = { integration, outcome, code, requests: 0 }
    this.#requests.set(key, series)
    return series
  }

  #durationSeries(integration: string): DurationSeries {
    const found = this.#durations.get(integration)
    if (found !== undefined) return found
    const series = { integration, buckets: [...DURATION_BUCKETS_MS, Infinity].map(() => 0), sumMs: 0, count: 0 }
    this.#durations.set(integration, series)
    return series
  }

  #countIssued(integration: string): void {
    this.#issued.set(integration, (this.#issued.get(integration) ?? 0) + 1)
  }

  #label(integration: string | undefined): string {
    if (integration === undefined) return NONE
    return this.#knowsIntegration(integration) ? integration : OTHER
  }
}

function observe(series: DurationSeries, durationMs: number): void {
  const found = DURATION_BUCKETS_MS.findIndex((bound) => durationMs <= bound)
  const index = found === -1 ? DURATION_BUCKETS_MS.length : found
  series.buckets[index] = (series.buckets[index] ?? 0) + 1
  series.sumMs += durationMs
  series.count++
}
