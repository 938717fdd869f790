import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import type { Api } from '../api/client.ts'
import type { Me } from '../api/me.ts'
import { readPages, type Listed } from '../api/read-pages.ts'
import { useResource } from '../api/use-resource.ts'
import { Link } from '../app/link.tsx'
import type { PageProps } from '../app/page-props.ts'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { Failure } from '../parts/failure.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Loading } from '../parts/loading.tsx'
import { Moment } from '../parts/moment.tsx'
import { Stacked, type Column } from '../parts/stacked.tsx'
import { Told } from '../parts/told.tsx'
import { nameOf } from './revocation.ts'

const REFRESH_MS = 15_000
const PART = 50

/** What agents could do once, folded. It is read when it is looked at. */
export function PastDelegations({ api, me }: Pick<PageProps, 'api' | 'me'>): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  return <details class="past" onToggle={({ currentTarget }) => { setOpen(currentTarget.open) }}>
    <summary>Past approvals</summary>
    {isOpen && <PastList api={api} me={me} />}
  </details>
}

function PastList({ api, me }: Pick<PageProps, 'api' | 'me'>): JSX.Element {
  const [wanted, setWanted] = useState(PART)
  const past = useResource(`past ${me.id}`, (signal) => readPast(api, me, wanted, signal), { everyMs: REFRESH_MS })
  if (past.value === undefined) return past.error === undefined ? <Loading what="past approvals" /> : <Failure error={past.error} retry={past.reload} />
  return <>
    {past.error !== undefined && <Failure error={past.error} retry={past.reload} />}
    <Card>{past.value.items.length === 0 ? <p class="empty">Nothing that you approved has ended yet.</p>
      : <Stacked caption="Approvals that have ended" columns={COLUMNS} rows={past.value.items} keyOf={({ id }) => id} />}</Card>
    {past.value.hasMore && <LoadMore what="past approvals" isLoading={past.isLoading} onMore={() => { setWanted((before) => before + PART); past.reload() }} />}
  </>
}

const COLUMNS: readonly Column<DelegationView>[] = [
  { label: 'Agent', show: ({ agent }) => <><bdi>{nameOf(agent)}</bdi><br /><code class="muted"><Told text={agent.id} /></code></> },
  { label: 'Could do', show: ({ access }) => <ul>{access.map((each) => <li key={each.integration + each.scopes.join(' ')}><Told text={each.title} />: <code><Told text={each.scopes.join(' ')} maxLength={160} /></code></li>)}</ul> },
  { label: 'Approved', show: ({ created_at: at }) => <Moment at={at} /> },
  { label: 'Ended', show: (delegation) => <HowItEnded delegation={delegation} /> },
  { label: '', show: ({ id, agent }) => <div class="actions"><Link class="button button-small" href={`/audit?delegation=${encodeURIComponent(id)}`}>What it did<span class="visually-hidden">: {nameOf(agent)}</span></Link></div> },
]

function HowItEnded({ delegation: { state, ended_at: ended, ended_by: by, end_reason: reason, expires_at: expiry } }: { readonly delegation: DelegationView }): JSX.Element {
  if (state === 'expired') return <><Moment at={ended ?? expiry} /> <Badge>its time was over</Badge></>
  return <>
    {ended !== null && <Moment at={ended} />} <Badge tone="warn">revoked</Badge>
    {by !== null && <div class="small muted">by <Told text={by.replace(/^user:/, '')} maxLength={80} />{reason !== null && <>: <Told text={reason} maxLength={200} /></>}</div>}
  </>
}

/** Two lists of the API told as one, the newest approval first. Of neither is anything left out that comes before what is shown of the other. */
async function readPast(api: Api, me: Me, wanted: number, signal: AbortSignal): Promise<Listed<DelegationView>> {
  const [revoked, expired] = await Promise.all((['revoked', 'expired'] as const).map((state) =>
    readPages<DelegationView>(api, '/v1/delegations', { query: { person: me.id, state }, wanted, signal })))
  const all = [...revoked?.items ?? [], ...expired?.items ?? []].sort((one, other) => other.created_at.localeCompare(one.created_at))
  return { items: all.slice(0, wanted), hasMore: all.length > wanted || revoked?.hasMore === true || expired?.hasMore === true }
}
