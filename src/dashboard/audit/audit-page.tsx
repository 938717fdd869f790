import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { PageProps } from '../app/page-props.ts'
import { go } from '../app/router.ts'
import { seesAll } from '../api/me.ts'
import { Heading } from '../parts/heading.tsx'
import '../style/audit.css'
import { filterOf, placeOf, type AuditFilter } from './audit-filter.ts'
import { ChartPanel } from './chart-panel.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { FilterBar } from './filter-bar.tsx'
import { TimelineCard } from './timeline-card.tsx'

/** What happened, newest first, as it happens. */
export function AuditPage({ api, me, place }: PageProps): JSX.Element {
  const href = placeOf(filterOf(place.query))
  const filter = useMemo(() => filterOf(place.query), [href])
  const [isExporting, setExporting] = useState(false)
  // A span that ends now ends when it was chosen; what comes later is new.
  const nowMs = useMemo(() => Date.now(), [href])
  const change = (changes: AuditFilter): void => { go(placeOf({ ...filter, ...changes })) }
  return <>
    <Heading title="Audit" lead={seesAll(me) ? 'Every credential and every call, made or refused, of all agents.' : 'Every credential and every call that your agents made, or were refused, for you.'}>
      <button type="button" onClick={() => { setExporting(true) }}>Export …</button>
    </Heading>
    <ChartPanel api={api} filter={filter} onSelect={change} />
    <FilterBar filter={filter} seesAll={seesAll(me)} onChange={change} />
    <TimelineCard key={href} api={api} filter={filter} href={href} nowMs={nowMs} onChange={change} />
    {isExporting && <ExportDialog filter={filter} nowMs={nowMs} onClose={() => { setExporting(false) }} />}
  </>
}
