import { DURATION_BUCKETS_MS, type DurationSeries } from './request-counts.ts'

const NAME = 'postern_request_duration_seconds'

/**
 * The durations as a histogram in the Prometheus text format. The library's own histogram cannot take over buckets that were
 * counted elsewhere, and counts at the price of a hash of the labels for each request.
 */
export function durationText(durations: Iterable<DurationSeries>): string {
  const lines = [`# HELP ${NAME} From the request to the end of the answer, calls that were made only.`, `# TYPE ${NAME} histogram`]
  for (const series of durations) lines.push(...seriesLines(series))
  return `${lines.join('\n')}\n`
}

function seriesLines({ integration, buckets, sumMs, count }: DurationSeries): readonly string[] {
  const label = `integration="${integration.replaceAll(/[\\"\n]/g, '_')}"`
  let below = 0
  const bounded = DURATION_BUCKETS_MS.map((boundMs, index) => {
    below += buckets[index] ?? 0
    return `${NAME}_bucket{${label},le="${boundMs / 1000}"} ${below}`
  })
  return [
    ...bounded,
    `${NAME}_bucket{${label},le="+Inf"} ${count}`,
    `${NAME}_sum{${label}} ${sumMs / 1000}`,
    `${NAME}_count{${label}} ${count}`,
  ]
}
