import { useState } from 'preact/hooks'
import type { ApprovalView } from '../../authority/admin/wire/approval.ts'
import type { DelegationView, SessionView } from '../../authority/admin/wire/delegation.ts'
import type { Api } from '../api/client.ts'
import type { Me } from '../api/me.ts'
import { readPages } from '../api/read-pages.ts'
import { useResource, type Resource } from '../api/use-resource.ts'
import { groupByAgent, type AgentGroup } from './group-by-agent.ts'
import { answerable, waitingQuery } from './waiting.ts'

/** What acts for a person now. */
export interface MyAccess {
  readonly groups: readonly AgentGroup[]
  /** Whether they approved more than is shown. */
  readonly hasMore: boolean
  /** Whether more sessions run than were read. */
  readonly hasMoreSessions: boolean
  readonly waiting: readonly ApprovalView[]
}

const REFRESH_MS = 5_000
const PART = 50
/** A person has few; this is for the one in whose name machines run. */
const MOST_SESSIONS = 2_000

/** Reads it, and again every few seconds: what is revoked elsewhere goes without a reload. */
export function useMyAccess(api: Api, me: Me): Resource<MyAccess> & { readonly showMore: () => void } {
  const [wanted, setWanted] = useState(PART)
  const resource = useResource(`access ${me.id}`, async (signal): Promise<MyAccess> => {
    const [delegations, sessions, asked] = await Promise.all([
      readPages<DelegationView>(api, '/v1/delegations', { query: { person: me.id, state: 'active' }, wanted, signal }),
      readPages<SessionView>(api, '/v1/sessions', { query: { person: me.id, running: 'true' }, wanted: MOST_SESSIONS, signal }),
      readPages<ApprovalView>(api, '/v1/approvals', { query: waitingQuery(me), wanted: PART, signal }),
    ])
    return {
      groups: groupByAgent(delegations.items, sessions.items),
      hasMore: delegations.hasMore, hasMoreSessions: sessions.hasMore, waiting: answerable(asked.items, me),
    }
  }, { everyMs: REFRESH_MS })
  return { ...resource, showMore: () => { setWanted((before) => before + PART); resource.reload() } }
}
