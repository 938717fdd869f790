import type { JSX } from 'preact'
import type { ConnectionView } from '../../authority/admin/wire/connection.ts'
import { Badge } from '../parts/badge.tsx'
import { counted } from '../parts/count.ts'
import { Facts } from '../parts/facts.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice } from '../parts/notice.tsx'
import { Told } from '../parts/told.tsx'
import { accountName, ownLabel } from './account-name.ts'
import { connectHref } from './connect-href.ts'
import { ScopeStanding } from './scope-standing.tsx'

export interface ConnectionCardProps {
  readonly connection: ConnectionView
  /** Undefined for whoever cannot. */
  readonly onRevoke: (() => void) | undefined
}

/** One connected account: its state, what it was granted against what is needed, and which agents use it. */
export function ConnectionCard({ connection, onRevoke }: ConnectionCardProps): JSX.Element {
  const { title, state, connect_url: url } = connection
  const name = accountName(connection)
  const label = ownLabel(connection)
  const href = url === null ? undefined : connectHref(url, location.origin)
  const isBroken = state === 'reauth_required'
  const about = <span class="visually-hidden">: <bdi>{name}</bdi> at <Told text={title} /></span>
  return <section class="card" aria-label={`${title}: ${name}`} data-connection={connection.id}>
    <div class="card-head">
      <h2><Told text={title} maxLength={80} /> <span class="muted">as <bdi>{name}</bdi></span></h2>
      <Badge tone={isBroken ? 'warn' : 'good'}>{isBroken ? 'has to be renewed' : 'connected'}</Badge>
    </div>
    <div class="card-body stack">
      {isBroken && <Notice tone="warn" title={`${title} does not accept this connection any more`}>
        <p>Calls by it are refused until it is renewed{connection.state_reason !== null && <>: <Told text={connection.state_reason} maxLength={200} /></>}. What you approved stays as it is.</p>
        {href !== undefined && <p class="renew"><a class="button button-accent" href={href}>Renew{about}</a></p>}
      </Notice>}
      <ScopeStanding connection={connection} />
      <Facts rows={[
        label === undefined ? undefined : ['Called here', <bdi>{label}</bdi>],
        ['Connected', <Moment at={connection.created_at} />],
        ['Used by', <UsedBy connection={connection} />],
      ]} />
    </div>
    {(href !== undefined || onRevoke !== undefined) && <div class="card-foot actions">
      {href !== undefined && !isBroken && <a class="button button-small" href={href}>Consent again{about}</a>}
      {onRevoke !== undefined && <button type="button" class="button-small" onClick={onRevoke}>Revoke{about}</button>}
    </div>}
  </section>
}

function UsedBy({ connection: { used_by: users, owner } }: { readonly connection: ConnectionView }): JSX.Element {
  const byAgent = Map.groupBy(users, ({ agent }) => agent.id)
  if (byAgent.size === 0) return <span class="muted">{owner === 'organisation' ? 'whom the rules lend it to' : 'no agent at the moment'}</span>
  return <ul>{[...byAgent].map(([id, each]) => <li key={id}>
    <Told text={each[0]?.agent.name ?? id} maxLength={80} />{each.length > 1 && <span class="muted"> ({counted(each.length, 'approval')})</span>}
  </li>)}</ul>
}
