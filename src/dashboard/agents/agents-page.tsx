import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AgentView } from '../../authority/admin/wire/agent.ts'
import { isOperator } from '../api/me.ts'
import { useResource } from '../api/use-resource.ts'
import { readAll } from '../api/read-all.ts'
import { Link } from '../app/link.tsx'
import type { PageProps } from '../app/page-props.ts'
import { go } from '../app/router.ts'
import { Card } from '../parts/card.tsx'
import { Empty } from '../parts/empty.tsx'
import { Failure } from '../parts/failure.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { Moment } from '../parts/moment.tsx'
import { Stacked, type Column } from '../parts/stacked.tsx'
import { AgentDeeds } from './agent-deeds.tsx'
import { agentPath } from './agent-path.ts'
import { AgentState } from './agent-state.tsx'
import { RegisterAgent } from './register-agent.tsx'
import '../style/agents.css'

const REFRESH_MS = 15_000

/** Every agent that is registered here: found by its name, id or owner. */
export function AgentsPage({ api, me, place }: PageProps): JSX.Element {
  const agents = useResource('agents', (signal) => readAll<AgentView>(api, '/v1/agents', { signal }), { everyMs: REFRESH_MS })
  const [isRegistering, setRegistering] = useState(false)
  const wanted = place.query.get('find') ?? ''
  const shown = agents.value?.filter((agent) => matches(agent, wanted))
  return <>
    <Heading title="Agents" lead="Every agent that is registered here: who answers for it, and whether it is in service.">
      {isOperator(me) && <button type="button" class="button-accent" onClick={() => { setRegistering(true) }}>Register an agent</button>}
    </Heading>
    {agents.error !== undefined && <Failure error={agents.error} retry={agents.reload} />}
    {shown === undefined ? agents.error === undefined && <Loading what="the agents" /> : <>
      {(agents.value ?? []).length > 0 && <FindAgents wanted={wanted} found={shown.length} />}
      {shown.length > 0 && <Card><Stacked caption="Agents" columns={columnsFor(agents.reload, { api, me })} rows={shown} keyOf={({ id }) => id} /></Card>}
      {shown.length === 0 && (wanted === '' ? <NoAgents canRegister={isOperator(me)} /> : <Empty title="No agent matches" next={{ href: '/agents', label: 'Show all agents' }}>
        Nothing in the name, id or owner of an agent is like this.
      </Empty>)}
    </>}
    {isRegistering && <RegisterAgent api={api} onClose={(made) => {
      setRegistering(false)
      if (made !== undefined) go(agentPath(made.id))
    }} />}
  </>
}

function columnsFor(reload: () => void, { api, me }: Pick<PageProps, 'api' | 'me'>): readonly Column<AgentView>[] {
  return [
    { label: 'Agent', show: (agent) => <><Link href={agentPath(agent.id)}><bdi>{agent.name}</bdi></Link><br /><code class="muted">{agent.id}</code></> },
    { label: 'Owner', show: ({ owner }) => owner === null ? <span class="muted">nobody</span> : <bdi>{owner}</bdi> },
    { label: 'State', show: (agent) => <AgentState agent={agent} /> },
    { label: 'Registered', show: ({ created_at: at }) => at === null ? 'in the configuration' : <Moment at={at} /> },
    { label: '', show: (agent) => isOperator(me) && <AgentDeeds api={api} agent={agent} onDone={reload} isSmall /> },
  ]
}

function FindAgents({ wanted, found }: { readonly wanted: string; readonly found: number }): JSX.Element {
  return <div class="find" role="search">
    <label for="find-agents">Find</label>
    <input id="find-agents" type="search" value={wanted} placeholder="name, id or owner" onInput={({ currentTarget: { value } }) => {
      go(value === '' ? '/agents' : `/agents?find=${encodeURIComponent(value)}`, { replace: true })
    }} />
    <span class="muted small" aria-live="polite">{found} {found === 1 ? 'agent' : 'agents'}</span>
  </div>
}

function NoAgents({ canRegister }: { readonly canRegister: boolean }): JSX.Element {
  return <Empty title="No agent is registered">
    {canRegister ? 'Register one here, by “postern agent add”, or in the configuration; then give it a policy file, since an agent may nothing without one.'
      : 'Operators register agents here, by “postern agent add”, or in the configuration.'}
  </Empty>
}

function matches({ id, name, owner }: AgentView, wanted: string): boolean {
  const text = wanted.trim().toLowerCase()
  return text === '' || [id, name, owner ?? ''].some((each) => each.toLowerCase().includes(text))
}
