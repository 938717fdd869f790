import { describe, expect, test } from 'vitest'
import { personLinks } from '../../src/authority/delegations/person-links.ts'
import { newId } from '../../src/model/ids.ts'
import type { ConsentDetail, Principal } from '../../src/model/principal.ts'
import { ALICE, REVIEWER } from '../registry/support/authority.ts'

const session = newId('ses')
const standing = { consent: [], groups: [], connections: {} }
const delegation = { id: newId('dlg'), person: ALICE, personName: undefined, session, consent: [], standing, expiresAtMs: Infinity }
const principal: Principal = { agent: REVIEWER, agentName: 'x', identifiedBy: 'token', delegation }
const links = personLinks({ url: 'https://postern.acme.com', connectable: (integration) => integration === 'github' })

describe('where a person mends what was refused', () => {
  test('more of the same session is approved: what is missing, in a query that cannot be broken out of', () => {
    const link = new URL(links.consent(principal, 'github', ['pulls:write', 'a&b=c'], ['acme-corp/*', '#code review']) ?? '')
    expect(link.origin + link.pathname).toBe('https://postern.acme.com/more')
    expect([...link.searchParams]).toEqual([
      ['session', session], ['integration', 'github'], ['scope', 'pulls:write'], ['scope', 'a&b=c'], ['target', 'acme-corp/*'], ['target', '#code review'],
    ])
  })

  test('an integration is connected, where people can', () => {
    expect(links.connect(principal, 'github')).toBe('https://postern.acme.com/connect/github')
    expect(links.connect(principal, 'tickets')).toBeUndefined()
  })

  test('what was approved with another account is then asked for again', () => {
    const withConsent = (...consent: readonly ConsentDetail[]): Principal => ({ ...principal, delegation: { ...delegation, standing: { ...standing, consent } } })
    const github = { integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }
    const tickets = { ...github, integration: 'tickets' }
    const link = new URL(links.connect(withConsent(tickets, github), 'github') ?? '')
    expect([link.pathname, link.searchParams.get('return')]).toEqual(['/connect/github', `/more?session=${session}&integration=github&scope=pulls%3Aread&target=acme-corp%2F*`])
    expect(links.connect(withConsent(tickets), 'github')).toBe('https://postern.acme.com/connect/github')
  })

  test.each<[string, Principal]>([
    ['the agent acts for itself', { ...principal, delegation: undefined }],
    ['an outside issuer keeps the delegation', { ...principal, delegation: { ...delegation, standing: undefined } }],
  ])('is nowhere where %s', (_, who) => {
    expect([links.consent(who, 'github', ['x'], []), links.connect(who, 'github')]).toEqual([undefined, undefined])
  })

  test('is nowhere where no authority serves people', () => {
    const none = personLinks({ url: undefined, connectable: () => true })
    expect([none.consent(principal, 'github', ['x'], []), none.connect(principal, 'github')]).toEqual([undefined, undefined])
  })

  test('stays short, and never cuts a name into another', () => {
    const many = Array.from({ length: 100 }, (_, n) => `scope-${n}`)
    const link = links.consent(principal, 'github', [...many, 'x'], ['y'.repeat(129), 'z']) ?? ''
    expect(link.length).toBeLessThan(4_096)
    expect(new URL(link).searchParams.getAll('scope')).toHaveLength(16)
    expect(new URL(link).searchParams.getAll('target')).toEqual(['z'])
  })

  test('is none where no target would be left: it would ask for all there are', () => {
    expect(links.consent(principal, 'github', ['pulls:read'], ['y'.repeat(129)])).toBeUndefined()
  })
})
