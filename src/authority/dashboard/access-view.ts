import type { Connection } from '../../store/ports/connections.ts'
import type { DelegatedAccess } from '../../store/ports/delegations.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { chips } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { DashboardDeps } from './dashboard-deps.ts'

/** What was approved at one integration, in plain words, on what, and by which account. */
export function accessView({ integration, scopes, targets, connection }: DelegatedAccess, connections: readonly Connection[], words: DashboardDeps['words']): Markup {
  const known = words.get(integration)
  const by = connections.find(({ id }) => id === connection)
  const says = (scope: string): string => known?.words.can(known.vocabulary.canonicalScope(scope) ?? scope) ?? scope
  return html`<div class="stack-tight"><h3>${titleOf(integration, words)}${by === undefined ? nothing : html` <span class="muted">as <bdi>${accountOf(by)}</bdi></span>`}</h3>
<ul class="granted">${scopes.map((scope) => html`<li>${says(scope)} <code class="muted">${plainText(scope)}</code></li>`)}</ul>
${targets.includes('**') ? html`<p class="muted">On ${known?.words.targets.everything ?? 'everything that you can reach'}</p>` : chips(targets.map((target) => plainText(target)))}</div>`
}

/** How people call an integration. */
export function titleOf(integration: string, words: DashboardDeps['words']): string {
  return words.get(integration)?.words.title ?? plainText(integration)
}

/** How the account of a connection is called, there or by its owner. */
export function accountOf({ account, label }: Pick<Connection, 'account' | 'label'>): string {
  return plainText(account?.name ?? label)
}
