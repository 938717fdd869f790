import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { githubVocabulary as vocabulary } from '../../../src/integrations/github/vocabulary.ts'

describe('GitHub’s scopes', () => {
  it.each([
    ['pulls:read', 'pull_requests:read'],
    ['pull_requests:write', 'pull_requests:write'],
    ['contents:read', 'contents:read'],
    ['metadata:read', 'metadata:read'],
    ['organization_custom_properties:admin', 'organization_custom_properties:admin'],
    ['metadata:write', undefined],
    ['pulls:admin', undefined],
    ['workflows:read', undefined],
    ['repo', undefined],
    ['repo:write', undefined],
    ['pulls', undefined],
    ['constructor:read', undefined],
    ['Pulls:read', undefined],
    ['contents:read ', undefined],
    ['', undefined],
  ])('%j is %j', (text, scope) => {
    expect(vocabulary.canonicalScope(text)).toBe(scope)
  })

  it.each([
    ['contents:write', 'contents:read', true],
    ['contents:write', 'contents:write', true],
    ['contents:read', 'contents:write', false],
    ['organization_custom_properties:admin', 'organization_custom_properties:read', true],
    ['contents:write', 'issues:read', false],
    ['contents:write', 'metadata:read', false],
    ['nonsense', 'contents:read', false],
  ])('%s covers %s: %s', (granted, needed, covered) => {
    expect(vocabulary.covers(granted, needed)).toBe(covered)
  })

  it('folds targets and globs to lower case, and folding again changes nothing', () => {
    expect(vocabulary.canonicalTarget('Acme-Corp/PROD-*')).toBe('acme-corp/prod-*')
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = vocabulary.canonicalTarget(text)
        expect(vocabulary.canonicalTarget(once)).toBe(once)
      }),
    )
  })

  it('knows by its canonical name every scope that an operation needs', () => {
    const operations = [...vocabulary.operations()]
    expect(operations.length).toBeGreaterThan(968)
    for (const scope of new Set(operations.flatMap((one) => one.alternatives.flat()))) expect(vocabulary.canonicalScope(scope)).toBe(scope)
  })
})
