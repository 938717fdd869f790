import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { Api } from '../api/client.ts'
import { useResource } from '../api/use-resource.ts'
import { Failure } from '../parts/failure.tsx'
import { placeOf, reachesNow, SPANS, type AuditFilter } from './audit-filter.ts'
import { Chart } from './chart.tsx'
import { callsSpec, latencySpec } from './chart-spec.ts'
import { readSeries, type Series } from './series.ts'
import { SeriesTable } from './series-table.tsx'

export interface ChartPanelProps {
  readonly api: Api
  readonly filter: AuditFilter
  /** A span was drawn over. */
  onSelect(changes: AuditFilter): void
}

const EVERY_MS = 10_000

/** Calls, denials and latency over the time that the filter names, or the last hour; as charts or as a table. */
export function ChartPanel({ api, filter, onSelect }: ChartPanelProps): JSX.Element {
  const [isTable, setTable] = useState(false)
  const series = useResource(`series ${placeOf(filter)}`, (signal) => readSeries(api, filter, Date.now(), signal), reachesNow(filter, Date.now()) ? { everyMs: EVERY_MS } : {})
  const { value, error, reload } = series
  const select = (fromMs: number, untilMs: number): void => { onSelect({ last: undefined, since: wholeSecond(Math.floor(fromMs / 1000)), until: wholeSecond(Math.ceil(untilMs / 1000)) }) }
  return <section class="card charts" aria-label="Over time">
    <div class="tl-bar">
      <p class="small muted">{spanText(filter)}{value === undefined ? '' : `: ${totalText(value)}`}</p>
      <button type="button" class="button-small" aria-pressed={isTable} onClick={() => { setTable(!isTable) }}>Show as table</button>
    </div>
    {error !== undefined && <div class="card-body"><Failure error={error} retry={reload} /></div>}
    {value?.complete === false && <p class="charts-note small muted">There are more records than are counted at once: the oldest part is left out.</p>}
    {isTable ? value !== undefined && <SeriesTable series={value} /> : <Charts series={value} words={spanText(filter)} onSelect={select} />}
  </section>
}

function Charts({ series, words, onSelect }: { readonly series: Series | undefined; readonly words: string; onSelect(fromMs: number, untilMs: number): void }): JSX.Element {
  const items = series?.items ?? NO_ITEMS
  const [calls, latency] = useMemo(() => [callsSpec(items), latencySpec(items)], [items])
  const total = series === undefined ? '' : totalText(series)
  return <div class="chart-pair">
    <Chart spec={calls} summary={`Calls over time, ${words.toLowerCase()}: ${total}`} onSelect={onSelect} />
    <Chart spec={latency} summary={`Latency of calls over time, ${words.toLowerCase()}: median and 95th percentile`} onSelect={onSelect} />
  </div>
}

const NO_ITEMS: Series['items'] = []

function totalText({ total: { calls, denied, failed } }: Series): string {
  const number = (value: number): string => value.toLocaleString('en')
  return `${number(calls)} ${calls === 1 ? 'call' : 'calls'}, ${number(denied)} denied, ${number(failed)} failed`
}

function spanText({ last, since, until }: AuditFilter): string {
  if (last !== undefined) return SPANS.find(({ name }) => name === last)?.words ?? last
  return since === undefined ? `The ${until === undefined ? 'last hour' : 'hour before the end'}` : 'The chosen time'
}

function wholeSecond(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
