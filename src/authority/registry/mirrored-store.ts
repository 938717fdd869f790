import type { Agents } from '../../store/ports/agents.ts'
import type { Delegations } from '../../store/ports/delegations.ts'
import type { Store } from '../../store/ports/store.ts'
import type { StoreMirror } from './store-mirror.ts'

/**
 * The store as those see it that change it by hand: what they register or narrow is in force here and in the proxy before they are told that it is
 * done, and not only once the feed has brought it.
 */
export function mirroredStore({ agents, delegations }: Pick<Store, 'agents' | 'delegations'>, mirror: Pick<StoreMirror, 'refreshed'>): Pick<Store, 'agents' | 'delegations'> {
  const changedAgents: Agents = {
    list: () => agents.list(),
    get: (id) => agents.get(id),
    revocations: () => agents.revocations(),
    revoke: (revocation) => agents.revoke(revocation),
    restore: (id) => agents.restore(id),
    async create(agent) {
      const created = await agents.create(agent)
      if (created !== undefined) await mirror.refreshed({ kind: 'agent', id: agent.id })
      return created
    },
    async replace(agent, version) {
      const replaced = await agents.replace(agent, version)
      if (replaced !== undefined) await mirror.refreshed({ kind: 'agent', id: agent.id })
      return replaced
    },
  }
  const changedDelegations: Delegations = {
    create: (delegation) => delegations.create(delegation),
    get: (id) => delegations.get(id),
    list: (filter, page) => delegations.list(filter, page),
    end: (id, state, by, reason) => delegations.end(id, state, by, reason),
    overdue: (nowMs, limit) => delegations.overdue(nowMs, limit),
    startSession: (delegation, id, expiresAtMs) => delegations.startSession(delegation, id, expiresAtMs),
    session: (id) => delegations.session(id),
    sessions: (filter, page) => delegations.sessions(filter, page),
    setSessionSecret: (id, digest) => delegations.setSessionSecret(id, digest),
    endSession: (id, reason) => delegations.endSession(id, reason),
    overdueSessions: (nowMs, limit) => delegations.overdueSessions(nowMs, limit),
    forgetEnded: (beforeMs, limit) => delegations.forgetEnded(beforeMs, limit),
    async change(id, version, access, expiresAtMs) {
      const changed = await delegations.change(id, version, access, expiresAtMs)
      if (changed !== undefined) await mirror.refreshed({ kind: 'delegation', id })
      return changed
    },
  }
  return { agents: changedAgents, delegations: changedDelegations }
}
