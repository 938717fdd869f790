import type { JSX } from 'preact'
import type { AgentView } from '../../authority/admin/wire/agent.ts'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import { isOperator } from '../api/me.ts'
import { useResource } from '../api/use-resource.ts'
import { Link } from '../app/link.tsx'
import type { PageProps } from '../app/page-props.ts'
import { Card } from '../parts/card.tsx'
import { Chips } from '../parts/chips.tsx'
import { Empty } from '../parts/empty.tsx'
import { Facts } from '../parts/facts.tsx'
import { Failure } from '../parts/failure.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { Ago, Moment } from '../parts/moment.tsx'
import { Stacked } from '../parts/stacked.tsx'
import { AgentDeeds } from './agent-deeds.tsx'
import { AgentPermissions } from './agent-permissions.tsx'
import { AgentState } from './agent-state.tsx'
import { LiveActivity } from './live-activity.tsx'
import '../style/agents.css'

const REFRESH_MS = 10_000
const SHOWN = 50

/** One agent: what policy lets it do, for whom it acts, and what it does right now. */
export function AgentPage({ api, me, id }: PageProps & { readonly id: string }): JSX.Element {
  const agent = useResource(id, (signal) => api.get<AgentView>(`/v1/agents/${encodeURIComponent(id)}`, { signal }), { everyMs: REFRESH_MS })
  if (agent.value === undefined) {
    if (agent.error === undefined) return <Loading what="the agent" />
    if (agent.error.status !== 404 && agent.error.status !== 400) return <Failure error={agent.error} retry={agent.reload} />
    return <Empty title="There is no such agent" next={{ href: '/agents', label: 'Show all agents' }}>No agent is registered as <code><bdi>{id}</bdi></code>.</Empty>
  }
  const { name } = agent.value
  return <>
    <Heading title={<bdi>{name}</bdi>} lead={<code>{id}</code>}>
      <Link class="button" href={`/audit?agent=${encodeURIComponent(id)}`}>What it did</Link>
      {isOperator(me) && <AgentDeeds api={api} agent={agent.value} onDone={agent.reload} />}
    </Heading>
    {agent.error !== undefined && <Failure error={agent.error} retry={agent.reload} />}
    <div class="two">
      <Card title="The agent"><AgentFacts agent={agent.value} /></Card>
      <Card title="Right now"><LiveActivity api={api} id={id} /></Card>
    </div>
    <AgentPermissions api={api} id={id} />
    <ActsFor api={api} id={id} />
  </>
}

function AgentFacts({ agent }: { readonly agent: AgentView }): JSX.Element {
  const proofs = [
    agent.public_key === null ? undefined : 'a public key', agent.spiffe_id ?? undefined, agent.subject ?? undefined,
    agent.service_account === null ? undefined : `service account ${agent.service_account}`,
  ].filter((proof) => proof !== undefined)
  return <Facts rows={[
    ['State', <AgentState agent={agent} />],
    ['Owner', agent.owner === null ? <span class="muted">nobody</span> : <bdi>{agent.owner}</bdi>],
    ['Registered', agent.created_at === null ? 'in the configuration' : <><Moment at={agent.created_at} />{agent.registered_by !== null && <> by <bdi>{agent.registered_by.replace(/^user:/, '')}</bdi></>}</>],
    ['Proves itself by', proofs.length === 0 ? 'nothing of its own: a public client' : <ul>{proofs.map((proof) => <li key={proof}><bdi>{proof}</bdi></li>)}</ul>],
    agent.redirect_uris.length === 0 ? undefined : ['Sends people back to', <Chips texts={agent.redirect_uris} />],
  ]} />
}

function ActsFor({ api, id }: Pick<PageProps, 'api'> & { readonly id: string }): JSX.Element {
  const acts = useResource(`acts ${id}`, (signal) => api.get<{ items: DelegationView[]; next: string | null }>('/v1/delegations', { query: { agent: id, state: 'active', limit: SHOWN }, signal }), { everyMs: REFRESH_MS })
  const rows = acts.value?.items
  return <Card title="Acts for">
    {acts.error !== undefined && <Failure error={acts.error} retry={acts.reload} />}
    {rows === undefined ? acts.error === undefined && <Loading what="for whom it acts" /> : rows.length === 0
      ? <p class="empty">Nobody has approved it at the moment. People approve it when it asks them to.</p>
      : <Stacked caption="For whom it acts" rows={rows} keyOf={(row) => row.id} columns={[
        { label: 'Person', show: (row) => <bdi>{row.person.replace(/^user:/, '')}</bdi> },
        { label: 'Where', show: (row) => <Chips texts={row.access.map(({ integration }) => integration)} /> },
        { label: 'Approved', show: (row) => <Moment at={row.created_at} /> },
        { label: 'Ends', show: (row) => <Ago at={row.expires_at} /> },
        { label: '', show: (row) => <div class="actions"><Link class="button button-small" href={`/audit?delegation=${row.id}`} label={`What it did for ${row.person.replace(/^user:/, '')}`}>What it did</Link></div> },
      ]} />}
    {acts.value?.next !== undefined && acts.value.next !== null && <p class="muted small">These are the newest {SHOWN}. “postern delegation list --agent {id}” tells all.</p>}
  </Card>
}
