import type { JSX } from 'preact'
import type { ConnectionView } from '../../authority/admin/wire/connection.ts'
import { Card } from '../parts/card.tsx'
import { Moment } from '../parts/moment.tsx'
import { Stacked, type Column } from '../parts/stacked.tsx'
import { Told } from '../parts/told.tsx'
import { accountName } from './account-name.ts'

const COLUMNS: readonly Column<ConnectionView>[] = [
  { label: 'Where', show: ({ title }) => <Told text={title} maxLength={80} /> },
  { label: 'Account', show: (connection) => <bdi>{accountName(connection)}</bdi> },
  { label: 'Connected', show: ({ created_at: at }) => <Moment at={at} /> },
  { label: 'Revoked', show: ({ updated_at: at, state_reason: reason }) => <><Moment at={at} />{reason !== null && <div class="small muted"><Told text={reason} maxLength={200} /></div>}</> },
]

/** What was connected once, folded. */
export function PastConnections({ past }: { readonly past: readonly ConnectionView[] }): JSX.Element | null {
  if (past.length === 0) return null
  return <details class="past">
    <summary>Revoked connections</summary>
    <Card><Stacked caption="Connections that were revoked" columns={COLUMNS} rows={past} keyOf={({ id }) => id} /></Card>
  </details>
}
