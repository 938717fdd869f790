import { describe, expect, test } from 'vitest'
import { personLinks } from '../../src/authority/delegations/person-links.ts'
import { newId } from '../../src/model/ids.ts'
import type { Principal } from '../../src/model/principal.ts'
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
    const link = links.consent(principal, 'github', [...many, 'x'], ['y'.repeat(129)]) ?? ''
    expect(link.length).toBeLessThan(4_096)
    expect(new URL(link).searchParams.getAll('scope')).toHaveLength(16)
    expect(new URL(link).searchParams.getAll('target')).toEqual([])
  })
})
