import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { plainText } from '../parts/plain-text.ts'
import { isFiltered, type AuditFilter, type FilterField } from './audit-filter.ts'
import { EVENT_WORDS } from './record-words.ts'
import { TimeFields } from './time-fields.tsx'

export interface FilterBarProps {
  readonly filter: AuditFilter
  /** Whether other people's records are theirs to see. */
  readonly seesAll: boolean
  onChange(changes: AuditFilter): void
}

const OUTCOMES = { ok: 'ok', denied: 'denied', failed: 'failed', aborted: 'aborted', revoked: 'revoked' } as const
const KINDS = [...new Set(Object.keys(EVENT_WORDS).map((event) => event.split('.', 1)[0] ?? event))]

/** What of the audit is wanted. It stands in the address, so that a link shows the same and the way back undoes a choice. */
export function FilterBar({ filter, seesAll, onChange }: FilterBarProps): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  const set = (field: FilterField) => (value: string): void => { onChange({ [field]: value.trim() === '' ? undefined : value.trim() }) }
  return <section class={isOpen ? 'audit-filter audit-filter-open' : 'audit-filter'} aria-label="Filter">
    <button type="button" class="button-small audit-filter-toggle" aria-expanded={isOpen} onClick={() => { setOpen(!isOpen) }}>{isFiltered(filter) ? 'Filters (in use)' : 'Filters'}</button>
    <form class="filter" onSubmit={(event) => { event.preventDefault() }}>
      <TextFilter name="agent" label="Agent" value={filter.agent} placeholder="pr-reviewer" onChange={set('agent')} />
      {seesAll && <TextFilter name="person" label="Person" value={filter.person} placeholder="alice@acme.com" onChange={set('person')} />}
      <TextFilter name="integration" label="Integration" value={filter.integration} placeholder="github" onChange={set('integration')} />
      <TextFilter name="event" label="Event" value={filter.event} placeholder="api.denied" list="filter-events" onChange={set('event')}>
        <datalist id="filter-events">{[...KINDS, ...Object.keys(EVENT_WORDS)].map((event) => <option key={event} value={event}>{EVENT_WORDS[event] ?? `everything of ${event}`}</option>)}</datalist>
      </TextFilter>
      <div class="field"><label for="filter-outcome">Outcome</label>
        <select id="filter-outcome" value={filter.outcome ?? ''} onChange={({ currentTarget }) => { set('outcome')(currentTarget.value) }}>
          <option value="">Any</option>
          {Object.values(OUTCOMES).map((outcome) => <option key={outcome} value={outcome}>{outcome}</option>)}
        </select>
      </div>
      <TimeFields filter={filter} onChange={onChange} />
    </form>
    {isFiltered(filter) && <ul class="chips audit-narrowed" aria-label="Narrowed to">
      {(['delegation', 'session'] as const).map((field) => filter[field] !== undefined && <li key={field}>
        <button type="button" class="chip" aria-label={`No longer only ${field} ${filter[field]}`} onClick={() => { onChange({ [field]: undefined }) }}>{field} <bdi>{plainText(filter[field], 40)}</bdi> ×</button>
      </li>)}
      <li><button type="button" class="link-button small" onClick={() => { onChange(NOTHING) }}>Clear all filters</button></li>
    </ul>}
  </section>
}

const NOTHING: AuditFilter = {
  agent: undefined, person: undefined, integration: undefined, event: undefined, outcome: undefined, delegation: undefined, session: undefined,
  last: undefined, since: undefined, until: undefined,
}

interface TextFilterProps {
  readonly name: string
  readonly label: string
  readonly value: string | undefined
  readonly placeholder: string
  readonly list?: string
  readonly children?: ComponentChildren
  onChange(value: string): void
}

/** Taken when it is left or Enter is pressed, not with each letter. */
function TextFilter({ name, label, value, placeholder, list, children, onChange }: TextFilterProps): JSX.Element {
  return <div class="field">
    <label for={`filter-${name}`}>{label}</label>
    <input id={`filter-${name}`} type="text" value={value ?? ''} placeholder={placeholder} spellcheck={false} autocomplete="off" {...(list === undefined ? {} : { list })}
      onChange={({ currentTarget }) => { onChange(currentTarget.value) }} />
    {children}
  </div>
}
