import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { widenedAccess } from '../../src/authority/delegations/widened-access.ts'
import type { ConnectionId } from '../../src/model/ids.ts'
import type { DelegatedAccess } from '../../src/store/ports/delegations.ts'

const [ONE, TWO] = ['con_one', 'con_two'] as ConnectionId[]

function access(integration: string, scopes: readonly string[], targets: readonly string[], connection?: ConnectionId): DelegatedAccess {
  return { integration, scopes, targets, connection }
}

describe('what stands approved once more was approved', () => {
  test.each([
    ['keeps apart what is approved of other targets with other scopes',
      [access('github', ['read'], ['a'])], [access('github', ['write'], ['b'])], [access('github', ['read'], ['a']), access('github', ['write'], ['b'])]],
    ['joins the scopes of the same targets', [access('github', ['read'], ['a', 'b'])], [access('github', ['write'], ['b', 'a'])], [access('github', ['read', 'write'], ['a', 'b'])]],
    ['joins the targets of the same scopes', [access('github', ['read'], ['a'])], [access('github', ['read'], ['b'])], [access('github', ['read'], ['a', 'b'])]],
    ['is the same where nothing is new', [access('github', ['read'], ['a'])], [access('github', ['read'], ['a'])], [access('github', ['read'], ['a'])]],
    ['leaves other integrations alone', [access('github', ['read'], ['a'], ONE)], [access('slack', ['write'], ['a'])], [access('github', ['read'], ['a'], ONE), access('slack', ['write'], ['a'])]],
    ['leaves out what was approved with another account than the one that is chosen now',
      [access('github', ['read'], ['a'], ONE)], [access('github', ['write'], ['b'], TWO)], [access('github', ['write'], ['b'], TWO)]],
    ['keeps the connection where none was chosen', [access('github', ['read'], ['a'], ONE)], [access('github', ['write'], ['b'])], [access('github', ['read'], ['a'], ONE), access('github', ['write'], ['b'], ONE)]],
  ])('%s', (_, standing, more, expected) => {
    expect(widenedAccess(standing, more)).toEqual(expected)
  })

  test('is refused where it is more than a token can say', () => {
    const many = Array.from({ length: 64 }, (_, n) => access('github', [`s${n}`], [`t${n}`]))
    expect(widenedAccess(many, [])).toHaveLength(64)
    expect(widenedAccess(many, [access('github', ['other'], ['other'])])).toBeUndefined()
    expect(widenedAccess([access('github', Array.from({ length: 256 }, (_, n) => `s${n}`), ['a'])], [access('github', ['one more'], ['a'])])).toBeUndefined()
  })

  test('allows the sum of both, and nothing besides', () => {
    const names = ['a', 'b', 'c']
    const one = fc.record({ integration: fc.constantFrom('github', 'slack'), scopes: fc.subarray(names, { minLength: 1 }), targets: fc.subarray(names, { minLength: 1 }) })
      .map(({ integration, scopes, targets }) => access(integration, scopes, targets))
    const pairs = (all: readonly DelegatedAccess[]): Set<string> =>
      new Set(all.flatMap(({ integration, scopes, targets }) => scopes.flatMap((scope) => targets.map((target) => `${integration} ${scope} ${target}`))))
    fc.assert(fc.property(fc.array(one, { maxLength: 5 }), fc.array(one, { maxLength: 5 }), (standing, more) => {
      expect(pairs(widenedAccess(standing, more) ?? [])).toEqual(new Set([...pairs(standing), ...pairs(more)]))
    }))
  })
})
