import { describe, expect, test } from 'vitest'
import { approvedAccess } from '../../src/authority/exchange/approved-access.ts'
import { integrationOf, wantedAccess } from '../../src/authority/exchange/wanted-access.ts'
import { isDenial } from '../../src/model/denial.ts'
import type { ConsentDetail } from '../../src/model/principal.ts'
import { github, GITHUB, INDEX, request, subjectWith } from './fixture.ts'

describe('what is approved', () => {
  const cases: readonly [string, readonly ConsentDetail[], readonly ConsentDetail[], unknown][] = [
    ['both the same', [github(['pulls:read'], ['acme-corp/*'])], [github(['pulls:read'], ['acme-corp/*'])], [{ scope: 'pull_requests:read', targets: ['acme-corp/*'] }]],
    ['an older, wider token', [github(['pulls:write'], ['**'])], [github(['pulls:read'], ['acme-corp/*'])], [{ scope: 'pull_requests:read', targets: ['acme-corp/*'] }]],
    ['a narrower token', [github(['pulls:read'], ['acme-corp/backend'])], [github(['pulls:write'], ['acme-corp/*'])], [{ scope: 'pull_requests:read', targets: ['acme-corp/backend'] }]],
    ['a scope that was taken back', [github(['issues:read'], ['**'])], [github(['pulls:read'], ['**'])], []],
    ['targets of which neither covers the other', [github(['pulls:read'], ['acme-*/web'])], [github(['pulls:read'], ['*-corp/web'])], []],
    ['another integration', [github(['pulls:read'], ['**'])], [{ integration: 'slack', scopes: ['chat:write'], targets: ['**'] }], []],
    ['targets that differ in capitals alone', [github(['pulls:read'], ['Acme-Corp/Backend'])], [github(['pulls:read'], ['acme-corp/*'])], [{ scope: 'pull_requests:read', targets: ['acme-corp/backend'] }]],
  ]
  test.each(cases)('%s', (_, told, standing, expected) => {
    expect(approvedAccess(subjectWith(told, standing).delegation, 'github', GITHUB.vocabulary)).toEqual(expected)
  })
})

describe('what is wanted', () => {
  const subject = subjectWith([github(['pulls:write', 'contents:read'], ['acme-corp/*'])])
  const wanted = (wish: Parameters<typeof request>[0]): unknown => {
    const result = wantedAccess(request(wish), subject, GITHUB)
    return isDenial(result) ? [result.denial, result.missingScopes ?? []] : result.scopes
  }

  test.each<[string, Parameters<typeof request>[0], unknown]>([
    ['nothing named is all that is approved', {}, [{ scope: 'pull_requests:write', targets: ['acme-corp/*'] }, { scope: 'contents:read', targets: ['acme-corp/*'] }]],
    ['an alias, with or without the integration before it', { scope: 'github:pulls:read pulls:read' }, [{ scope: 'pull_requests:read', targets: ['acme-corp/*'] }]],
    ['a named target within what is approved', { scope: 'pulls:read', target: ['acme-corp/backend'] }, [{ scope: 'pull_requests:read', targets: ['acme-corp/backend'] }]],
    ['a target beyond', { scope: 'pulls:read', target: ['other/backend'] }, ['consent_required', ['pull_requests:read']]],
    ['a glob beyond', { scope: 'pulls:read', target: ['**'] }, ['consent_required', ['pull_requests:read']]],
    ['a scope beyond, named beside one within', { scope: 'pulls:read issues:write' }, ['consent_required', ['issues:write']]],
    ['a higher access than approved', { scope: 'contents:write' }, ['consent_required', ['contents:write']]],
    ['a word that is no scope', { scope: 'pulls:everything' }, ['input_refused', []]],
    ['an empty target', { target: [''] }, ['input_refused', []]],
    ['more scopes than anybody needs', { scope: Array.from({ length: 65 }, (_, index) => `s${index}`).join(' ') }, ['input_refused', []]],
  ])('%s', (_, wish, expected) => {
    expect(wanted(wish)).toEqual(expected)
  })

  test('a delegation without anything at the integration has to be extended first', () => {
    expect(wantedAccess(request(), subjectWith([]), GITHUB)).toMatchObject({ denial: 'consent_required', layer: 'user_consent' })
  })
})

describe('the resource', () => {
  test.each<[string, readonly string[], string | undefined]>([
    ['an integration’s name', ['github'], 'github'],
    ['its origin', ['https://api.github.com'], 'github'],
    ['its origin with the port and a path', ['https://api.github.com:443/repos'], 'github'],
    ['another host', ['https://evil.example'], undefined],
    ['its host by another scheme', ['http://api.github.com'], undefined],
    ['none', [], undefined],
    ['two', ['github', 'mirror'], undefined],
    ['no URL', ['https://'], undefined],
  ])('%s', (_, resource, name) => {
    const found = integrationOf(resource, INDEX)
    if (name === undefined) expect(found).toMatchObject({ denial: 'integration_unknown' })
    else expect(found).toMatchObject({ name })
  })
})
