import type { JSX } from 'preact'
import type { PolicyChangeView } from '../../authority/admin/wire/policy.ts'
import type { Api } from '../api/client.ts'
import { useResource } from '../api/use-resource.ts'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { Failure } from '../parts/failure.tsx'
import { Loading } from '../parts/loading.tsx'
import { Moment } from '../parts/moment.tsx'
import { Stacked } from '../parts/stacked.tsx'

const SHOWN = 25

/** Which policies were loaded when, and which changes were refused; as the audit has it. */
export function PolicyHistory({ api, inForce }: { readonly api: Api; readonly inForce: string | undefined }): JSX.Element {
  // What is in force now is the newest line: a change of it is a reason to look again.
  const history = useResource(`policy history ${inForce ?? ''}`, (signal) => api.get<{ items: PolicyChangeView[]; next: string | null }>('/v1/policy/history', { query: { limit: SHOWN }, signal }))
  const items = history.value?.items
  return <Card title="History">
    {history.error !== undefined && <Failure error={history.error} retry={history.reload} />}
    {items === undefined ? history.error === undefined && <Loading what="the history" /> : items.length === 0
      ? <p class="empty">Nothing is on record yet.</p>
      : <Stacked caption="When policies were loaded or refused" rows={items} keyOf={({ at, event }) => `${at} ${event}`} columns={[
        { label: 'When', show: ({ at }) => <Moment at={at} /> },
        { label: 'What', show: ({ event }) => <Badge tone={event === 'loaded' ? 'good' : 'bad'}>{event === 'loaded' ? 'loaded' : 'refused'}</Badge> },
        { label: 'Hash or problem', show: ({ hash, problems }) => problems.length > 0 ? <ul>{problems.map((problem) => <li key={problem}><bdi>{problem}</bdi></li>)}</ul>
          : <><code>{hash}</code>{hash !== null && hash === inForce && <> <Badge tone="good">in force</Badge></>}</> },
      ]} />}
  </Card>
}
