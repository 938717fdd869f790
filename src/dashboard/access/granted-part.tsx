import type { JSX } from 'preact'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import { Link } from '../app/link.tsx'
import { Facts } from '../parts/facts.tsx'
import { Ago, Moment } from '../parts/moment.tsx'
import { AccessList } from './access-list.tsx'
import type { GrantedRun } from './group-by-agent.ts'
import { nameOf, type Revocation } from './revocation.ts'
import { SessionList } from './session-list.tsx'

export interface GrantedPartProps {
  readonly run: GrantedRun
  /** Among several of one agent; undefined for the only one. */
  readonly place: number | undefined
  onRevoke(wish: Revocation): void
  onNarrow(delegation: DelegationView): void
}

/** One approval: what it lets the agent do, since and until when, what runs by it. */
export function GrantedPart({ run: { delegation, sessions }, place, onRevoke, onNarrow }: GrantedPartProps): JSX.Element {
  const { id, access, created_at: since, expires_at: until, last_used_at: used } = delegation
  const about = `${nameOf(delegation.agent)}${place === undefined ? '' : `, approval ${place}`}`
  return <div class="card-body granted-part" data-delegation={id}>
    <div class="granted-columns">
      <AccessList access={access} />
      <Facts rows={[
        ['Approved', <Moment at={since} />],
        ['Ends', <><Moment at={until} /> <span class="muted small nowrap">(<Ago at={until} />)</span></>],
        ['Last used', used === null ? <span class="muted">not yet</span> : <Ago at={used} />],
        ['Runs', <SessionList sessions={sessions} about={about} onEnd={(session) => { onRevoke({ kind: 'session', session }) }} />],
      ]} />
    </div>
    <div class="actions">
      <button type="button" class="button-small" onClick={() => { onNarrow(delegation) }}>Narrow<span class="visually-hidden"> what {about} may do</span></button>
      <button type="button" class="button-small" onClick={() => { onRevoke({ kind: 'delegation', delegation, sessions: sessions.length }) }}>Revoke approval<span class="visually-hidden">: {about}</span></button>
      <Link class="button button-small" href={`/audit?delegation=${encodeURIComponent(id)}`}>What it did<span class="visually-hidden">: {about}</span></Link>
    </div>
  </div>
}
