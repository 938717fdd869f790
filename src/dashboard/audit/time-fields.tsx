import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { SPANS, type AuditFilter } from './audit-filter.ts'
import { localField, momentOfField } from './local-moment.ts'

/** From when to when: a span that ends now, or two moments in the reader's own zone. */
export function TimeFields({ filter, onChange }: { readonly filter: AuditFilter; onChange(changes: AuditFilter): void }): JSX.Element {
  const isGiven = filter.since !== undefined || filter.until !== undefined
  const [isCustom, setCustom] = useState(false)
  const chosen = isGiven || isCustom ? 'custom' : filter.last ?? ''
  const choose = (value: string): void => {
    setCustom(value === 'custom')
    if (value !== 'custom') onChange({ last: value === '' ? undefined : value, since: undefined, until: undefined })
  }
  const set = (field: 'since' | 'until') => ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    onChange({ last: undefined, [field]: momentOfField(currentTarget.value) })
  }
  return <>
    <div class="field"><label for="filter-time">Time</label>
      <select id="filter-time" value={chosen} onChange={({ currentTarget }) => { choose(currentTarget.value) }}>
        <option value="">All</option>
        {SPANS.map(({ name, words }) => <option key={name} value={name}>{words}</option>)}
        <option value="custom">From … until …</option>
      </select>
    </div>
    {chosen === 'custom' && <>
      <div class="field"><label for="filter-since">From</label><input id="filter-since" type="datetime-local" step={1} value={localField(filter.since)} onChange={set('since')} /></div>
      <div class="field"><label for="filter-until">Until</label><input id="filter-until" type="datetime-local" step={1} value={localField(filter.until)} onChange={set('until')} /></div>
    </>}
  </>
}
