import type { JSX } from 'preact'
import { Link } from '../app/link.tsx'
import { placeOf, type AuditFilter } from './audit-filter.ts'
import type { RecordList } from './record-list.ts'

/** Nothing is here: why, and what to do next. */
export function NoRecords({ isFiltered }: { readonly isFiltered: boolean }): JSX.Element {
  return <div class="empty tl-blank stack-tight">
    {isFiltered
      ? <><h2>No record matches</h2><p>Choose a longer time, or fewer filters.</p><p><Link class="button button-small" href="/audit">Show everything</Link></p></>
      : <><h2>Nothing has happened yet</h2><p>As soon as an agent asks for access or makes a call for you, it stands here.</p><p><Link class="button button-small" href="/">Go to your agents</Link></p></>}
  </div>
}

/** The list is as long as it gets: the way to what is older. */
export function OlderRecords({ list, filter }: { readonly list: RecordList; readonly filter: AuditFilter }): JSX.Element {
  const last = list.itemAt(list.count - 1)
  const at = last?.kind === 'record' ? last.entry.record.ts : undefined
  return <p class="tl-older small muted">Older records are not in this list. {at !== undefined && <Link href={placeOf({ ...filter, last: undefined, until: at })}>Show what came before</Link>}</p>
}
