import type { ConnectionView } from '../../authority/admin/wire/connection.ts'
import type { IntegrationView } from '../../authority/admin/wire/integration.ts'

/** Connections as a page tells them. */
export interface SortedConnections {
  /** What has to be renewed comes first. */
  readonly live: readonly ConnectionView[]
  readonly past: readonly ConnectionView[]
  /** What can be connected, and is not. */
  readonly open: readonly IntegrationView[]
  /** What is connected, and takes another account beside. */
  readonly again: readonly IntegrationView[]
}

/** Pure. */
export function sortConnections(connections: readonly ConnectionView[], integrations: readonly IntegrationView[]): SortedConnections {
  const live = connections.filter(({ state }) => state !== 'revoked')
  const has = new Set(live.map(({ integration }) => integration))
  const connectable = integrations.filter((each) => each.connectable && each.connect_url !== null)
  return {
    live: [...live.filter(({ state }) => state === 'reauth_required'), ...live.filter(({ state }) => state === 'active')],
    past: connections.filter(({ state }) => state === 'revoked'),
    open: connectable.filter(({ name }) => !has.has(name)),
    again: connectable.filter(({ name }) => has.has(name)),
  }
}
