import type { JSX } from 'preact'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import { counted } from '../parts/count.ts'
import { Told } from '../parts/told.tsx'
import type { AgentGroup } from './group-by-agent.ts'
import { GrantedPart } from './granted-part.tsx'
import { nameOf, type Revocation } from './revocation.ts'

export interface AgentCardProps {
  readonly group: AgentGroup
  /** Whose approvals these are. */
  readonly person: string
  onRevoke(wish: Revocation): void
  onNarrow(delegation: DelegationView): void
}

/** One agent, with each approval that it has from the reader. */
export function AgentCard({ group, person, onRevoke, onNarrow }: AgentCardProps): JSX.Element {
  const { agent, runs } = group
  const name = nameOf(agent)
  return <section class="card agent-card" aria-label={name}>
    <div class="card-head agent-head">
      <div class="agent-title">
        <h2><bdi>{name}</bdi></h2>
        <p class="small muted"><code><Told text={agent.id} /></code>{agent.owner !== null && <> · owned by <Told text={agent.owner} maxLength={80} /></>}{runs.length > 1 && ` · ${counted(runs.length, 'approval')}`}</p>
      </div>
      <button type="button" class="button-small" onClick={() => { onRevoke({ kind: 'agent', group, person }) }}>Revoke agent<span class="visually-hidden">: <bdi>{name}</bdi></span></button>
    </div>
    {runs.map((run, at) => <GrantedPart key={run.delegation.id} run={run} place={runs.length === 1 ? undefined : at + 1} onRevoke={onRevoke} onNarrow={onNarrow} />)}
  </section>
}
