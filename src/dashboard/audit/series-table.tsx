import type { JSX } from 'preact'
import { Stacked, type Column } from '../parts/stacked.tsx'
import { secondText } from './moment-text.ts'
import { latencyText } from './record-words.ts'
import type { Series, SeriesItem } from './series.ts'

const latency = (ms: number | null): string => (ms === null ? 'none' : latencyText(ms))

const COLUMNS: readonly Column<SeriesItem>[] = [
  { label: 'From', show: ({ at }) => <time dateTime={at}>{secondText(at)}</time> },
  { label: 'Calls', show: ({ calls }) => calls },
  { label: 'Denied', show: ({ denied }) => denied },
  { label: 'Failed', show: ({ failed }) => failed },
  { label: 'p50', show: ({ p50_ms }) => latency(p50_ms) },
  { label: 'p95', show: ({ p95_ms }) => latency(p95_ms) },
  { label: 'p99', show: ({ p99_ms }) => latency(p99_ms) },
]

/** The charts' figures, newest first; parts in which nothing happened are left out. */
export function SeriesTable({ series }: { readonly series: Series }): JSX.Element {
  const rows = series.items.filter(({ calls, denied }) => calls + denied > 0).toReversed()
  if (rows.length === 0) return <p class="empty">Nothing was called or denied in this time.</p>
  return <div class="series-table" role="region" aria-label="Figures over time" tabIndex={0}>
    <Stacked caption="Calls, denials and latency over time" columns={COLUMNS} rows={rows} keyOf={({ at }) => at} />
  </div>
}
