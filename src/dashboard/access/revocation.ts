import type { DelegationView, SessionView } from '../../authority/admin/wire/delegation.ts'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import type { Api } from '../api/client.ts'
import { counted } from '../parts/count.ts'
import { plainText } from '../parts/plain-text.ts'
import type { AgentGroup } from './group-by-agent.ts'
import { revokeAgentForMe } from './revoke-agent-for-me.ts'

/** What somebody is about to take back. */
export type Revocation =
  | { readonly kind: 'session'; readonly session: SessionView }
  | { readonly kind: 'delegation'; readonly delegation: DelegationView; readonly sessions: number }
  | { readonly kind: 'agent'; readonly group: AgentGroup; readonly person: string }

/** How it is asked about, and told of afterwards. */
export interface RevocationWords {
  readonly question: string
  readonly verb: string
  /** What will happen. */
  readonly effect: string
  readonly done: string
}

/** Pure. */
export function wordsOf(wish: Revocation): RevocationWords {
  switch (wish.kind) {
    case 'session': {
      const name = nameOf(wish.session.agent)
      return {
        question: `End this session of ${name}?`, verb: 'End it', done: `The session of ${name} has ended`,
        effect: 'Its calls are refused from now on, and its open streams are cut. What you approved stays: the agent can begin another session by it.',
      }
    }
    case 'delegation': {
      const name = nameOf(wish.delegation.agent)
      return {
        question: `Revoke this approval of ${name}?`, verb: 'Revoke', done: `The approval of ${name} is revoked`,
        effect: `It ends at once${wish.sessions === 0 ? '' : `, with ${counted(wish.sessions, 'running session')}`}: calls are refused, open streams are cut. The agent has to ask you anew.`,
      }
    }
    case 'agent': {
      const name = nameOf(wish.group.agent)
      return {
        question: `Revoke ${name}?`, verb: 'Revoke all', done: `${name} is revoked`,
        effect: 'All that you approved for it ends at once, with every session under it: calls are refused, open streams are cut. What others approved for it stays.',
      }
    }
  }
}

/** Does it. @throws ApiError */
export function carryOut(api: Api, wish: Revocation, reason: string | undefined): Promise<ReportView> {
  const body = reason === undefined ? {} : { reason }
  switch (wish.kind) {
    case 'session': return api.post(`/v1/sessions/${wish.session.id}/revoke`, body)
    case 'delegation': return api.post(`/v1/delegations/${wish.delegation.id}/revoke`, body)
    case 'agent': return revokeAgentForMe(api, { person: wish.person, agent: wish.group.agent.id, reason })
  }
}

/** How an agent is called, as it may stand on a page. Pure. */
export function nameOf({ id, name }: { readonly id: string; readonly name: string | null }): string {
  return plainText(name ?? id, 80)
}
