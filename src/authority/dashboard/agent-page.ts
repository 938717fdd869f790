import type { StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'
import type { AgentEntry } from '../admin/agents/agent-entry.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Content, type Markup } from '../pages/markup.ts'
import { card, facts, heading, table } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { titleOf } from './access-view.ts'
import { agentDeed, agentState, registeredBy } from './agents-page.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { frame, isOperator, seesAll } from './frame.ts'
import { moment, untilText } from './moments.ts'
import { runsView } from './runs-view.ts'

export interface AgentView {
  readonly entry: AgentEntry
  /** Of everybody for operators and auditors, else the person's own. */
  readonly delegations: readonly StoredDelegation[]
  readonly sessions: readonly StoredSession[]
  readonly nowMs: number
}

/** One agent: whose it is, for whom it acts, and what runs. */
export function agentPage(signIn: BrowserSignIn, view: AgentView, words: DashboardDeps['words']): Markup {
  const { entry, delegations, nowMs } = view
  const { agent } = entry
  const name = plainText(agent.name, 80)
  return page({
    title: agent.name, width: 'wide', ...frame(signIn, '/agents'),
    body: html`${heading(html`<bdi>${name}</bdi>`)}
${card({
  body: facts([
    ['Agent', html`<code>${agent.id}</code>`],
    ['Owner', agent.owner === undefined ? html`<span class="muted">nobody is on record</span>` : html`<bdi>${plainText(agent.owner)}</bdi>`],
    ['State', agentState(entry, nowMs)],
    ['Registered', registeredBy(entry)],
  ]),
  foot: html`<div class="actions">${buttonLink({ label: 'What it did', about: name, href: `/audit?agent=${encodeURIComponent(agent.id)}`, size: 'small' })}${isOperator(signIn) ? agentDeed(entry) : nothing}</div>`,
})}
${card({
  title: seesAll(signIn) ? 'Who lets it act' : 'What you let it do',
  body: table({
    caption: 'Approvals in force', columns: ['For', 'At', 'Ends', 'Runs', ''], rows: delegations.map((delegation) => rowOf(signIn, delegation, view, words)),
    empty: seesAll(signIn) ? 'Nobody, at the moment.' : 'Nothing, at the moment.',
  }),
})}`,
  })
}

function rowOf(signIn: BrowserSignIn, { id, person, access, expiresAtMs }: StoredDelegation, { sessions, nowMs, entry }: AgentView, words: DashboardDeps['words']): readonly Content[] {
  const whose = plainText(person.slice('user:'.length))
  const mayRevoke = person === signIn.person.id || isOperator(signIn)
  return [
    html`<bdi>${whose}</bdi>`,
    [...new Set(access.map(({ integration }) => titleOf(integration, words)))].join(', '),
    moment(expiresAtMs, untilText(expiresAtMs, nowMs)),
    runsView(sessions.filter(({ delegation }) => delegation === id), plainText(entry.agent.name, 80), nowMs, mayRevoke),
    mayRevoke ? buttonLink({ label: 'Revoke', about: `what ${whose} approved`, href: `/delegations/${id}/revoke`, size: 'small' }) : nothing,
  ]
}
