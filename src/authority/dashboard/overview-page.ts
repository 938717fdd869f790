import type { Approval } from '../../store/ports/approvals.ts'
import type { Connection } from '../../store/ports/connections.ts'
import type { StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { badge, card, facts, heading, notice, table } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { accessView, accountOf, titleOf } from './access-view.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { frame } from './frame.ts'
import { moment, untilText } from './moments.ts'
import { runsView } from './runs-view.ts'

export interface Overview {
  readonly delegations: readonly StoredDelegation[]
  /** Those that run, under any of them. */
  readonly sessions: readonly StoredSession[]
  /** By agent id. */
  readonly agentNames: ReadonlyMap<string, string>
  readonly connections: readonly Connection[]
  readonly connectable: ReturnType<DashboardDeps['connections']['connectable']>
  /** Questions that this person can answer. */
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
${delegations.length === 0 ? nobodyActs : html`<div class="cards">${delegations.map((delegation) => delegationCard(delegation, overview, words))}</div>`}
${connectionsCard(overview, words)}`,
  })
}

const nobodyActs = card({ body: html`<p class="empty">No agent acts for you. When one wants to, it sends you to a page here that shows what it asks for.</p>` })

function breakGlassNotice({ breakGlass }: BrowserSignIn): Markup {
  return breakGlass ? notice('warn', 'You have emergency access', 'You are an operator for a while, by a colleague’s leave. Everything that you do so stands in the audit.') : nothing
}

function waitingNotice(waiting: readonly Approval[]): Markup {
  const [first] = waiting
  if (first === undefined) return nothing
  if (waiting.length === 1) return notice('warn', 'One question waits for your answer', html`<a href="/approvals/${first.id}">Look at it</a>`)
  return notice('warn', `${waiting.length} questions wait for your answer`, html`<a href="/approvals">Look at them</a>`)
}

function delegationCard(delegation: StoredDelegation, { agentNames, connections, sessions, nowMs }: Overview, words: DashboardDeps['words']): Markup {
  const { id, agent, access, expiresAtMs, createdAtMs } = delegation
  const name = plainText(agentNames.get(agent) ?? agent, 80)
  return card({
    title: html`<bdi>${name}</bdi>`,
    aside: html`<code class="muted">${agent}</code>`,
    body: html`<div class="stack">${access.map((one) => accessView(one, connections, words))}
${facts([
  ['Approved', moment(createdAtMs)],
  ['Ends', html`${moment(expiresAtMs)} <span class="muted small nowrap">${untilText(expiresAtMs, nowMs)}</span>`],
  ['Runs', runsView(sessions.filter(({ delegation: of }) => of === id), name, nowMs)],
])}</div>`,
    foot: html`<div class="actions">${buttonLink({ label: 'Revoke', about: name, href: `/delegations/${id}/revoke`, size: 'small' })}${
      buttonLink({ label: 'What it did', about: name, href: `/audit?agent=${encodeURIComponent(agent)}`, size: 'small' })}</div>`,
  })
}

function connectionsCard({ connections, connectable, nowMs }: Overview, words: DashboardDeps['words']): Markup {
  const rows = connections.map((connection) => {
    const about = `${accountOf(connection)} at ${titleOf(connection.integration, words)}`
    const renew = connection.state === 'active' ? nothing
      : buttonLink({ label: 'Renew', about, href: `/connect/${encodeURIComponent(connection.integration)}?return=/`, size: 'small', tone: 'accent' })
    return [
      titleOf(connection.integration, words),
      html`<bdi>${accountOf(connection)}</bdi>${labelOf(connection)}`,
      stateOf(connection),
      moment(Math.min(connection.createdAtMs, nowMs)),
      html`<div class="actions">${renew}${buttonLink({ label: 'Disconnect', about, href: `/connections/${connection.id}/revoke`, size: 'small' })}</div>`,
    ]
  })
  const connect = connectable.map(({ integration, title }) => buttonLink({ label: title, href: `/connect/${encodeURIComponent(integration)}?return=/`, size: 'small' }))
  return card({
    title: 'Your connections',
    body: table({
      caption: 'Accounts of yours that agents can be let act with', columns: ['Where', 'Account', 'State', 'Since', ''], rows,
      empty: connectable.length === 0 ? 'Agents act by your organisation’s access here: there is nothing to connect.' : 'You have connected no account. Agents that need one ask you for it.',
    }),
    foot: connect.length === 0 ? undefined : html`<div class="actions">${connect}</div>`,
  })
}

/** Only where it says more than the account's own name. */
function labelOf({ account, label }: Connection): Markup {
  return label === 'default' || account === undefined || label === account.name ? nothing : html` <span class="muted"><bdi>${plainText(label, 60)}</bdi></span>`
}

function stateOf({ state, stateReason }: Connection): Markup {
  if (state === 'active') return badge('connected', 'good')
  return html`${badge('has to be renewed', 'warn')}${stateReason === undefined ? nothing : html` <span class="small muted">${plainText(stateReason, 200)}</span>`}`
}
