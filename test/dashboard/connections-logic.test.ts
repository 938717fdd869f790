import { describe, expect, it } from 'vitest'
import type { ConnectionView } from '../../src/authority/admin/wire/connection.ts'
import type { IntegrationView } from '../../src/authority/admin/wire/integration.ts'
import { accountName, ownLabel } from '../../src/dashboard/connections/account-name.ts'
import { connectHref } from '../../src/dashboard/connections/connect-href.ts'
import { sortConnections } from '../../src/dashboard/connections/sort-connections.ts'

const ORIGIN = 'https://postern.acme.com'

describe('the link to connect', () => {
  it.each<[string, string | undefined]>([
    [`${ORIGIN}/connect/github`, '/connect/github?return=%2Fconnections'],
    [`${ORIGIN}/connect/github?return=/&label=work%20one`, '/connect/github?return=%2Fconnections&label=work+one'],
    ['/connect/slack', '/connect/slack?return=%2Fconnections'],
    ['https://evil.example/connect/github', undefined], ['//evil.example/connect', undefined], ['javascript:alert(1)', undefined], ['http://[', undefined],
  ])('of %s is a path of our own, and leads back: %s', (url, href) => {
    expect(connectHref(url, ORIGIN)).toBe(href)
  })
})

describe('connections', () => {
  const connection = (id: string, integration: string, state: ConnectionView['state']): ConnectionView => ({ id, integration, state }) as ConnectionView
  const integration = (name: string, url: string | null): IntegrationView => ({ name, connectable: url !== null, connect_url: url }) as IntegrationView

  it('stand in order: what has to be renewed first, what was revoked apart; and what else can be connected', () => {
    const sorted = sortConnections(
      [connection('con_1', 'github', 'active'), connection('con_2', 'github', 'reauth_required'), connection('con_3', 'slack', 'revoked')],
      [integration('github', '/connect/github'), integration('slack', '/connect/slack'), integration('tickets', null)],
    )
    expect([sorted.live.map(({ id }) => id), sorted.past.map(({ id }) => id), sorted.open.map(({ name }) => name), sorted.again.map(({ name }) => name)])
      .toEqual([['con_2', 'con_1'], ['con_3'], ['slack'], ['github']])
  })

  it.each<[Pick<ConnectionView, 'account' | 'label'>, string, string | undefined]>([
    [{ account: { id: '1', name: 'alice-chen' }, label: 'default' }, 'alice-chen', undefined],
    [{ account: { id: '1', name: 'alice-chen' }, label: 'work' }, 'alice-chen', 'work'],
    [{ account: { id: '1', name: 'alice-chen' }, label: 'alice-chen' }, 'alice-chen', undefined],
    [{ account: null, label: 'work' }, 'work', undefined],
    [{ account: { id: '1', name: 'a\u202Eb' }, label: 'default' }, 'a[U+202E]b', undefined],
  ])('are called by their account: %j', (one, name, label) => {
    expect([accountName(one), ownLabel(one)]).toEqual([name, label])
  })
})
