import type { Connection } from '../../store/ports/connections.ts'
import type { Approval } from '../../store/ports/approvals.ts'
import type { DelegatedAccess, StoredDelegation } from '../../store/ports/delegations.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { badge, card, chips, facts, heading, notice, table } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { frame } from './frame.ts'
import { dateText, untilText } from './moments.ts'

export interface Overview {
  readonly delegations: readonly StoredDelegation[]
  /** By agent id. */
  readonly agentNames: ReadonlyMap<string, string>
  readonly connections: readonly Connection[]
  readonly connectable: ReturnType<DashboardDeps['connections']['connectable']>
  readonly waiting: readonly Approval[]
  readonly nowMs: number
}

/** What acts for the person, by which accounts, and how it is taken back. */
export function overviewPage(signIn: BrowserSignIn, overview: Overview, words: DashboardDeps['words']): Markup {
  const { delegations, waiting } = overview
  return page({
    title: 'What acts for you', width: 'wide', ...frame(signIn, '/'),
    body: html`${heading('What acts for you', 'Agents that you let act on your behalf. What you revoke stops at once, open connections included.')}
${breakGlassNotice(signIn)}${waitingNotice(waiting)}
${delegations.length === 0 ? nobodyActs : delegations.map((delegation) => delegationCard(delegation, overview, words))}
${connectionsCard(overview)}`,
  })
}

const nobodyActs = card({ body: html`<p class="empty">No agent acts for you. When one asks, it sends you to a page here that shows what it wants.</p>` })

function breakGlassNotice({ breakGlass }: BrowserSignIn): Markup {
  return breakGlass ? notice('warn', 'You have emergency access', 'You are an operator for a while, by a colleague’s leave. Everything that you do so stands in the audit.') : nothing
}

function waitingNotice(waiting: readonly Approval[]): Markup {
  if (waiting.length === 0) return nothing
  const what = waiting.length === 1 ? 'One question waits' : `${waiting.length} questions wait`
  return notice('warn', `${what} for your answer`, html`<a href="/approvals">Look at ${waiting.length === 1 ? 'it' : 'them'}</a>`)
}

function delegationCard(delegation: StoredDelegation, { agentNames, connections, nowMs }: Overview, words: DashboardDeps['words']): Markup {
  const { id, agent, access, expiresAtMs, createdAtMs } = delegation
  return card({
    title: html`<bdi>${plainText(agentNames.get(agent) ?? agent)}</bdi>`,
    aside: html`<code>${agent}</code>`,
    body: html`<div class="stack">${access.map((one) => accessOf(one, connections, words))}
${facts([
  ['Approved', html`<time datetime="${isoOf(createdAtMs)}">${dateText(createdAtMs)}</time>`],
  ['Ends', html`<time datetime="${isoOf(expiresAtMs)}">${untilText(expiresAtMs, nowMs)}</time> <span class="muted">(${dateText(expiresAtMs)})</span>`],
])}</div>`,
    foot: html`<div class="actions">${buttonLink({ label: 'Revoke', href: `/delegations/${id}/revoke`, size: 'small' })}${buttonLink({ label: 'What it did', href: `/audit?agent=${encodeURIComponent(agent)}`, size: 'small' })}</div>`,
  })
}

function accessOf({ integration, scopes, targets, connection }: DelegatedAccess, connections: readonly Connection[], words: DashboardDeps['words']): Markup {
  const known = words.get(integration)
  const by = connections.find(({ id }) => id === connection)
  const says = (scope: string): string => known?.words.can(known.vocabulary.canonicalScope(scope) ?? scope) ?? scope
  return html`<div class="stack-tight"><h3>${known?.words.title ?? integration}${by === undefined ? nothing : html` <span class="muted">as ${accountOf(by)}</span>`}</h3>
<ul>${scopes.map((scope) => html`<li>${says(scope)} <code class="muted">${plainText(scope)}</code></li>`)}</ul>
${targets.includes('**') ? html`<p class="muted">On ${known?.words.targets.everything ?? 'everything that you can reach'}</p>` : chips(targets.map((target) => plainText(target)))}</div>`
}

function connectionsCard({ connections, connectable, nowMs }: Overview): Markup {
  const rows = connections.map((connection) => [
    connection.integration,
    html`<bdi>${accountOf(connection)}</bdi>${connection.label === 'default' ? nothing : html` <span class="muted">${plainText(connection.label)}</span>`}`,
    connection.state === 'active' ? badge('connected', 'good') : html`${badge('has to be renewed', 'warn')} <span class="small muted">${plainText(connection.stateReason ?? '')}</span>`,
    html`<time datetime="${isoOf(connection.createdAtMs)}">${dateText(Math.min(connection.createdAtMs, nowMs))}</time>`,
    html`<div class="actions">${connection.state === 'active' ? nothing : buttonLink({ label: 'Renew', href: `/connect/${connection.integration}?return=/`, size: 'small', tone: 'accent' })}${buttonLink({ label: 'Disconnect', href: `/connections/${connection.id}/revoke`, size: 'small' })}</div>`,
  ])
  const connect = connectable.map(({ integration, title }) => buttonLink({ label: title, href: `/connect/${integration}?return=/`, size: 'small' }))
  return card({
    title: 'Your connections',
    body: table({
      caption: 'Accounts of yours that agents can be let act with', columns: ['Where', 'Account', 'State', 'Since', ''], rows,
      empty: 'You have connected no account.',
    }),
    foot: connect.length === 0 ? undefined : html`<div class="actions">${connect}</div>`,
  })
}

function accountOf({ account, label }: Connection): string {
  return plainText(account?.name ?? label)
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
