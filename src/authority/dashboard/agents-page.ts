import type { AgentEntry } from '../admin/agents/agent-entry.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Content, type Markup } from '../pages/markup.ts'
import { badge, card, heading, table } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { frame, isOperator, seesAll } from './frame.ts'
import { agoText, moment } from './moments.ts'

/** The agents: all of them for operators and auditors, else those that act for the person. */
export function agentsPage(signIn: BrowserSignIn, entries: readonly AgentEntry[], nowMs: number): Markup {
  const all = seesAll(signIn)
  return page({
    title: 'Agents', width: 'wide', ...frame(signIn, '/agents'),
    body: html`${heading('Agents', all ? 'Every agent that is registered here.' : 'Those that act for you, or did.')}${card({ body: table({
      caption: 'Agents', columns: ['Agent', 'Owner', 'State', 'Registered', ''],
      empty: all ? html`No agent is registered yet. Operators register one in the configuration, or by <code>postern agent add</code>.` : 'No agent has ever acted for you.',
      rows: entries.map((entry) => rowOf(entry, isOperator(signIn), nowMs)),
    }) })}`,
  })
}

function rowOf(entry: AgentEntry, operator: boolean, nowMs: number): readonly Content[] {
  const { agent } = entry
  const name = plainText(agent.name, 80)
  return [
    html`<a href="${agentPath(entry)}"><bdi>${name}</bdi></a><br><code class="muted">${agent.id}</code>`,
    agent.owner === undefined ? html`<span class="muted">nobody</span>` : html`<bdi>${plainText(agent.owner)}</bdi>`,
    agentState(entry, nowMs),
    registeredBy(entry),
    html`<div class="actions">${buttonLink({ label: 'What it did', about: name, href: `/audit?agent=${encodeURIComponent(agent.id)}`, size: 'small' })}${operator ? agentDeed(entry) : nothing}</div>`,
  ]
}

/** The agent's own page. */
export function agentPath({ agent }: AgentEntry): string {
  return `/agents/${agent.id.slice('agent:'.length)}`
}

/** Whether it is in service, and who took it out. */
export function agentState({ agent, revocation }: AgentEntry, nowMs: number): Markup {
  if (revocation === undefined) return agent.status === 'revoked' ? html`${badge('revoked', 'bad')}<br><span class="small muted">in the configuration</span>` : badge('active', 'good')
  const { revokedAtMs, by, reason } = revocation
  return html`${badge('revoked', 'bad')}<br><span class="small muted">${moment(revokedAtMs, agoText(revokedAtMs, nowMs))} by ${plainText(by.replace(/^user:/, ''))}${
    reason === undefined ? nothing : html`: <bdi>${plainText(reason, 200)}</bdi>`}</span>`
}

/** Where it was registered, or by whom. */
export function registeredBy({ stored }: AgentEntry): Markup {
  return stored === undefined ? html`in the configuration` : html`${moment(stored.createdAtMs)} by ${plainText(stored.registeredBy.replace(/^user:/, ''))}`
}

/** What an operator can do about it; what the configuration's file revokes, only that file restores. */
export function agentDeed(entry: AgentEntry): Markup {
  const { agent, revocation } = entry
  const about = plainText(agent.name, 80)
  if (agent.status === 'revoked') return nothing
  return revocation === undefined ? buttonLink({ label: 'Revoke', about, href: `${agentPath(entry)}/revoke`, size: 'small' })
    : buttonLink({ label: 'Restore', about, href: `${agentPath(entry)}/restore`, size: 'small' })
}
