import type { JSX } from 'preact'
import type { ConnectionView } from '../../authority/admin/wire/connection.ts'
import type { IntegrationView } from '../../authority/admin/wire/integration.ts'
import type { PageProps } from '../app/page-props.ts'
import { Link } from '../app/link.tsx'
import { readAll } from '../api/read-all.ts'
import { useResource } from '../api/use-resource.ts'
import { Card } from '../parts/card.tsx'
import { plainText } from '../parts/plain-text.ts'

/** What RFC 8414 calls the metadata of an authorization server: all that an agent's OAuth library has to know. */
const DISCOVERY = '/.well-known/oauth-authorization-server'

/** No agent acts for the reader: what to do until one does. */
export function FirstSteps({ api, me }: Pick<PageProps, 'api' | 'me'>): JSX.Element {
  const accounts = useResource('first steps', async (signal) => {
    const [connections, { items: integrations }] = await Promise.all([
      readAll<ConnectionView>(api, '/v1/connections', { query: { owner: me.id }, signal }),
      api.get<{ items: readonly IntegrationView[] }>('/v1/integrations', { signal }),
    ])
    return { connected: connections.filter(({ state }) => state === 'active'), connectable: integrations.filter(({ connectable }) => connectable) }
  })
  return <Card title="No agent acts for you">
    <ol class="first-steps">
      {accounts.value !== undefined && <ConnectStep {...accounts.value} />}
      <li><h3>Point an agent at Postern</h3>
        <p>It needs the id under which your operators registered it, and this address, from which it finds the rest:</p>
        <p class="discovery"><code>{location.origin}{DISCOVERY}</code></p>
      </li>
      <li><h3>Approve what it asks for</h3>
        <p>The agent sends you to a page here that says what it wants to do, on what, and for how long. Once you approve, it stands on this page.</p>
      </li>
    </ol>
  </Card>
}

function ConnectStep({ connected, connectable }: { readonly connected: readonly ConnectionView[]; readonly connectable: readonly IntegrationView[] }): JSX.Element | null {
  if (connected.length > 0) {
    const names = connected.map(({ title, account, label }) => `${title} as ${plainText(account?.name ?? label, 60)}`)
    return <li class="is-done"><h3>Connect your accounts</h3><p>Connected: <bdi>{names.join(', ')}</bdi>. <Link href="/connections">Look at your connections</Link></p></li>
  }
  if (connectable.length === 0) return null
  return <li><h3>Connect your accounts</h3>
    <p>Agents act with them, and never with more than you approve: {connectable.map(({ title }) => title).join(', ')}.</p>
    <p><Link class="button button-small" href="/connections">Connect an account</Link></p>
  </li>
}
