import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { ConnectionView } from '../../authority/admin/wire/connection.ts'
import type { IntegrationView } from '../../authority/admin/wire/integration.ts'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import { isOperator, seesAll } from '../api/me.ts'
import { readAll } from '../api/read-all.ts'
import { useResource } from '../api/use-resource.ts'
import type { PageProps } from '../app/page-props.ts'
import { Confirm } from '../parts/confirm.tsx'
import { counted } from '../parts/count.ts'
import { Failure } from '../parts/failure.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { ReportDialog } from '../parts/report-dialog.tsx'
import { accountName } from './account-name.ts'
import { ConnectMore } from './connect-more.tsx'
import { ConnectionCard } from './connection-card.tsx'
import { PastConnections } from './past-connections.tsx'
import { sortConnections } from './sort-connections.ts'
import '../style/connections.css'

const REFRESH_MS = 10_000

/** The accounts with which agents act: what each was granted and by whom it is used; connected, renewed and taken back here. */
export function ConnectionsPage({ api, me }: PageProps): JSX.Element {
  const [wish, setWish] = useState<ConnectionView>()
  const integrations = useResource('integrations', async (signal) => (await api.get<{ items: readonly IntegrationView[] }>('/v1/integrations', { signal })).items)
  const own = useResource(`connections of ${me.id}`, (signal) => readAll<ConnectionView>(api, '/v1/connections', { query: { owner: me.id }, signal }), { everyMs: REFRESH_MS })
  const shared = useResource('connections of all', (signal) => seesAll(me) ? readAll<ConnectionView>(api, '/v1/connections', { query: { owner: 'organisation' }, signal }) : Promise.resolve([]), { everyMs: REFRESH_MS })
  const { live, past, open, again } = sortConnections(own.value ?? [], integrations.value ?? [])
  const lent = (shared.value ?? []).filter(({ state }) => state !== 'revoked')
  const isRead = own.value !== undefined && integrations.value !== undefined
  const failed = [own, integrations, shared].find(({ error }) => error !== undefined)
  return <>
    <Heading title="Connections" lead="Your accounts elsewhere, with which agents act for you. An agent uses one only where you approved it, and for no more than that." />
    {failed?.error !== undefined && <Failure error={failed.error} retry={failed.reload} />}
    {!isRead && failed === undefined && <Loading what="your connections" />}
    {isRead && <>
      {live.map((each) => <ConnectionCard key={each.id} connection={each} onRevoke={() => { setWish(each) }} />)}
      <ConnectMore open={open} again={again} hasAny={live.length > 0} />
      {lent.length > 0 && <section class="stack" aria-labelledby="lent">
        <div class="stack-tight"><h2 id="lent">The organisation’s</h2><p class="muted">Lent to agents by rules of the policy. They belong to nobody by themselves.</p></div>
        {lent.map((each) => <ConnectionCard key={each.id} connection={each} onRevoke={isOperator(me) ? () => { setWish(each) } : undefined} />)}
      </section>}
      <PastConnections past={past} />
    </>}
    <RevokeConnection api={api} wish={wish} onSettled={() => { setWish(undefined) }} onDone={() => { own.reload(); shared.reload() }} />
  </>
}

interface RevokeConnectionProps extends Pick<PageProps, 'api'> {
  readonly wish: ConnectionView | undefined
  onSettled(): void
  onDone(): void
}

/** The second click, and what has come of it. */
function RevokeConnection({ api, wish, onSettled, onDone }: RevokeConnectionProps): JSX.Element | null {
  const made = useRef<ReportView | undefined>(undefined)
  const [told, setTold] = useState<{ readonly title: string; readonly report: ReportView }>()
  if (told !== undefined) return <ReportDialog {...told} onClose={() => { setTold(undefined) }} />
  if (wish === undefined) return null
  const name = `${accountName(wish)} at ${wish.title}`
  const close = (wasDone: boolean): void => {
    onSettled()
    if (!wasDone || made.current === undefined) return
    setTold({ title: `${name} is revoked`, report: made.current })
    onDone()
  }
  return <Confirm title={`Revoke ${name}?`} verb="Revoke" danger asksReason onClose={close} act={async (reason) => {
    made.current = await api.post<ReportView>(`/v1/connections/${wish.id}/revoke`, reason === undefined ? {} : { reason })
  }}>
    <p>What is stored of it is deleted here, and ended at {wish.title} where that can be done. Calls by it are refused from now on.</p>
    <p>{wish.used_by.length === 0 ? 'No agent’s approval uses it.' : `${counted(wish.used_by.length, 'approval')} of agents ${wish.used_by.length === 1 ? 'uses' : 'use'} it. They can do nothing at ${wish.title} without it.`}</p>
  </Confirm>
}
