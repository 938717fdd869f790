import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AccessRefused, readAccess, readScope } from '../../src/authority/oauth/access-request.ts'
import { consentWithin, narrowConsent } from '../../src/authority/oauth/narrow-consent.ts'
import { PollPace } from '../../src/authority/oauth/poll-pace.ts'
import type { ConsentDetail } from '../../src/model/principal.ts'
import { detail } from './support/client.ts'
import { MovedClock, words } from './support/memory-ports.ts'

const consent = (integration: string, scopes: readonly string[], targets: readonly string[] = ['**']): ConsentDetail => ({ integration, scopes, targets })

describe('what a request asks for', () => {
  it('is read from scope, by integration, and from authorization_details', () => {
    expect(readAccess('github:pulls:read slack:chat:write github:contents:read github:pulls:read', JSON.stringify([detail('github', ['pulls:write'], ['a/b'])]), words)).toEqual([
      consent('github', ['pulls:read', 'contents:read']), consent('slack', ['chat:write']), consent('github', ['pulls:write'], ['a/b']),
    ])
    expect(readAccess(undefined, undefined, words)).toEqual([])
    expect(readAccess('', '[]', words)).toEqual([])
  })

  it.each([
    ['scope', 'github', undefined, 'scopes have the form integration:scope'],
    ['scope', ':pulls:read', undefined, 'scopes have the form integration:scope'],
    ['scope', 'GitHub:pulls:read', undefined, 'the name of an integration has lower-case letters, digits, _ and -'],
    ['scope', 'gitlab:pulls:read', undefined, 'gitlab is no integration here'],
    ['scope', 'github:', undefined, 'a scope has 1 to 128 printable characters'],
    ['scope', 'github:merge', undefined, 'github has no scope merge'],
    ['scope', 'github:pulls:read '.repeat(1000), undefined, 'the scope is too long'],
    ['scope', ['github:pulls:read'], undefined, 'the scope is too long'],
    ['authorization_details', undefined, '{}', 'authorization_details is no JSON array'],
    ['authorization_details', undefined, '[1]', 'each entry is a JSON object'],
    ['authorization_details', undefined, '[', 'authorization_details is not JSON'],
    ['authorization_details', undefined, JSON.stringify([{ ...detail('github', ['pulls:read']), type: 'other' }]), 'an entry has type postern, integration, scopes and, optionally, targets, and nothing else'],
    ['authorization_details', undefined, JSON.stringify([{ ...detail('github', ['pulls:read']), connection: 'con_1' }]), 'an entry has type postern, integration, scopes and, optionally, targets, and nothing else'],
    ['authorization_details', undefined, JSON.stringify([detail('github', [])]), 'scopes is a list of 1 to 128 texts of the form accepted here'],
    ['authorization_details', undefined, JSON.stringify([detail('github', ['pulls:read'], ['a\u0000b'])]), 'targets is a list of 1 to 64 texts of the form accepted here'],
    ['authorization_details', undefined, JSON.stringify([{ type: 'postern', integration: 7, scopes: ['x'] }]), 'integration is a text'],
  ])('is refused as %s with a reason: %j %j', (about, scope, details, message) => {
    expect(() => readAccess(scope, details, words)).toThrow(expect.objectContaining({ about, message }) as Error)
  })

  it('is read or refused, whatever is sent', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), fc.oneof(fc.string(), fc.json()), (scope, details) => {
      try {
        for (const entry of readAccess(scope, details, words)) expect(words(entry.integration)).toBeDefined()
      } catch (error) {
        expect(error).toBeInstanceOf(AccessRefused)
      }
    }))
  })
})

describe('a narrower request', () => {
  it.each([
    ['another word for the same', [consent('github', ['pulls:read'])], 'github:pull_requests:read', [consent('github', ['pull_requests:read'])]],
    ['read of write', [consent('github', ['pulls:write'], ['a/b'])], 'github:pulls:read', [consent('github', ['pulls:read'], ['a/b'])]],
    ['from several approvals', [consent('github', ['pulls:read'], ['a/b']), consent('github', ['pulls:write'], ['c/d'])], 'github:pulls:read', [consent('github', ['pulls:read'], ['a/b']), consent('github', ['pulls:read'], ['c/d'])]],
    ['write of read', [consent('github', ['pulls:read'])], 'github:pulls:write', undefined],
    ['another integration', [consent('github', ['pulls:read'])], 'slack:chat:write', undefined],
    ['something beside', [consent('github', ['pulls:read'])], 'github:pulls:read slack:chat:write', undefined],
  ])('%s', (_name, standing, scope, expected) => {
    expect(narrowConsent(standing, readScope(scope, words), words)).toEqual(expected)
  })

  it.each([
    ['one of them', ['acme/*'], ['acme/web'], ['acme/web']],
    ['in another case', ['acme/*'], ['ACME/Web'], ['ACME/Web']],
    ['itself', ['acme/*'], ['acme/*'], ['acme/*']],
    ['more', ['acme/*'], ['**'], ['acme/*']],
    ['beside it', ['acme/*'], ['other/web'], undefined],
    ['partly beside it', ['acme/*'], ['acme/web', 'other/web'], undefined],
    ['wider globs', ['acme/w*'], ['acme/*'], undefined],
  ])('of targets: %s', (_name, standing, wanted, expected) => {
    const narrowed = narrowConsent([consent('github', ['pulls:read'], standing)], [consent('github', ['pulls:read'], wanted)], words)
    expect(narrowed).toEqual(expected === undefined ? undefined : [consent('github', ['pulls:read'], expected)])
  })

  it('is never more than what stands', () => {
    const entry = fc.record({
      integration: fc.constantFrom('github', 'slack'),
      scopes: fc.uniqueArray(fc.constantFrom('pulls:read', 'pulls:write', 'pull_requests:read', 'contents:read', 'chat:write'), { minLength: 1 }),
      targets: fc.uniqueArray(fc.constantFrom('**', 'a/*', 'a/b', 'c/**', 'c/d', '*/b'), { minLength: 1 }),
    })
    fc.assert(fc.property(fc.array(entry, { minLength: 1 }), fc.array(entry, { minLength: 1 }), (standing, wanted) => {
      const narrowed = narrowConsent(standing, wanted, words)
      if (narrowed !== undefined) expect(consentWithin(standing, narrowed, words)).toBe(true)
    }))
  })
})

describe('the pace of a device’s polls', () => {
  it('gets slower by five seconds each time that a poll comes too early', () => {
    const clock = new MovedClock()
    const pace = new PollPace(clock, 5_000)
    const after = (ms: number): boolean => {
      clock.moveBy(ms)
      return pace.tooEarly('code')
    }
    expect([after(0), after(4_700), after(1_000), after(9_700), after(5_000), after(14_700)]).toEqual([false, false, true, false, true, false])
    expect(pace.tooEarly('another code')).toBe(false)
  })
})
