import type { JSX } from 'preact'
import type { IntegrationView } from '../../authority/admin/wire/integration.ts'
import { Card } from '../parts/card.tsx'
import { connectHref } from './connect-href.ts'

export interface ConnectMoreProps {
  /** What can be connected, and is not. */
  readonly open: readonly IntegrationView[]
  /** What is connected, and takes another account. */
  readonly again: readonly IntegrationView[]
  readonly hasAny: boolean
}

/** What else can be connected. */
export function ConnectMore({ open, again, hasAny }: ConnectMoreProps): JSX.Element {
  if (open.length === 0 && again.length === 0) {
    return <Card title="Nothing to connect"><p class="muted">Agents act by your organisation’s access here: no integration takes accounts of people.</p></Card>
  }
  return <Card title={hasAny ? 'Connect more' : 'You have connected no account'}>
    <div class="stack">
      {!hasAny && <p class="muted">Connect one, and agents can act with it once you approve what they ask for. You say at the service which account it is; nothing is used without your approval.</p>}
      <ul class="connectable">
        {open.map((each) => <Place key={each.name} integration={each} verb="Connect" />)}
        {again.map((each) => <Place key={each.name} integration={each} verb="Connect another account" />)}
      </ul>
    </div>
  </Card>
}

function Place({ integration: { title, connect_url: url }, verb }: { readonly integration: IntegrationView; readonly verb: string }): JSX.Element | null {
  const href = url === null ? undefined : connectHref(url, location.origin)
  if (href === undefined) return null
  return <li><span>{title}</span><a class={verb === 'Connect' ? 'button button-accent button-small' : 'button button-small'} href={href}>{verb}<span class="visually-hidden">: {title}</span></a></li>
}
