import type { AgentEntry } from '../admin/agents/agent-entry.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Content, type Markup } from '../pages/markup.ts'
import { badge, heading, table } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { frame, isOperator, seesAll } from './frame.ts'
import { agoText } from './moments.ts'

/** The agents: all of them for operators and auditors, else those that act for the person. */
export function agentsPage(signIn: BrowserSignIn, entries: readonly AgentEntry[], nowMs: number): Markup {
  const lead = seesAll(signIn) ? 'Everything that is registered here, wherever it is registered.' : 'Those that act for you, or did.'
  return page({
    title: 'Agents', width: 'wide', ...frame(signIn, '/agents'),
    body: html`${heading('Agents', lead)}${table({
      caption: 'Agents', columns: ['Agent', 'Owner', 'State', 'Registered', ''], empty: 'There is none.',
      rows: entries.map((entry) => rowOf(entry, isOperator(signIn), nowMs)),
    })}`,
  })
}

function rowOf({ agent, stored, revocation }: AgentEntry, operator: boolean, nowMs: number): readonly Content[] {
  const revoked = revocation !== undefined || agent.status === 'revoked'
  const name = agent.id.slice('agent:'.length)
  const act = !operator ? nothing
    : !revoked ? buttonLink({ label: 'Revoke', href: `/agents/${name}/revoke`, size: 'small' })
      : agent.status === 'revoked' ? html`<span class="small muted">revoked in the configuration’s file</span>`
        : buttonLink({ label: 'Restore', href: `/agents/${name}/restore`, size: 'small' })
  return [
    html`<bdi>${plainText(agent.name)}</bdi><br><code>${agent.id}</code>`,
    plainText(agent.owner ?? '–'),
    html`${revoked ? badge('revoked', 'bad') : badge('active', 'good')}${revocation === undefined ? nothing
      : html`<br><span class="small muted">${agoText(revocation.revokedAtMs, nowMs)} by ${plainText(revocation.by)}${revocation.reason === undefined ? '' : `: ${plainText(revocation.reason, 200)}`}</span>`}`,
    stored === undefined ? 'in the configuration' : html`by ${plainText(stored.registeredBy)}`,
    html`<div class="actions">${buttonLink({ label: 'What it did', href: `/audit?agent=${encodeURIComponent(agent.id)}`, size: 'small' })}${act}</div>`,
  ]
}
