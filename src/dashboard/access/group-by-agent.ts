import type { DelegationView, SessionView } from '../../authority/admin/wire/delegation.ts'

/** One approval with what runs under it. */
export interface GrantedRun {
  readonly delegation: DelegationView
  readonly sessions: readonly SessionView[]
}

/** One agent, and all that somebody approved for it. */
export interface AgentGroup {
  readonly agent: DelegationView['agent']
  readonly runs: readonly GrantedRun[]
  /** Of its newest call; null for none. */
  readonly lastUsedAt: string | null
}

/** Approvals by agent, in the order in which each agent comes first. What is over is left out, whether the store marked it so yet or not. Pure. */
export function groupByAgent(delegations: readonly DelegationView[], sessions: readonly SessionView[]): readonly AgentGroup[] {
  const running = Map.groupBy(sessions.filter(({ state }) => state === 'running'), ({ delegation }) => delegation)
  const byAgent = Map.groupBy(delegations.filter(({ state }) => state === 'active'), ({ agent }) => agent.id)
  return [...byAgent.values()].flatMap((own) => {
    const [first] = own
    if (first === undefined) return []
    const runs = own.map((delegation) => ({ delegation, sessions: running.get(delegation.id) ?? [] }))
    return [{ agent: first.agent, runs, lastUsedAt: newest(own.map((each) => each.last_used_at)) }]
  })
}

/** Moments as the API answers them, all in UTC: the later one is the greater text. */
function newest(moments: readonly (string | null)[]): string | null {
  return moments.reduce((latest, each) => (latest === null || (each !== null && each > latest) ? each : latest), null)
}
