import { describe, expect, it } from 'vitest'
import { GIT_OPERATIONS } from '../../src/integrations/github/git/git-operations.ts'
import { githubIntegration } from '../../src/integrations/github/github.ts'
import { placementFor } from '../../src/integrations/github/placement.ts'
import { githubVocabulary } from '../../src/integrations/github/vocabulary.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Secret } from '../../src/lib/secret.ts'
import { generateKeyPairSync } from 'node:crypto'
import { orderOf } from '../integrations/github/order.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const { issuer } = githubIntegration({
  name: 'github',
  api: { scheme: 'https', host: 'api.github.com', port: 443, basePath: '' },
  uploads: undefined,
  app: { id: '1', privateKey: new Secret(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()), installationId: undefined },
  http: () => Promise.reject(new Error('nothing is asked')),
  clock: systemClock,
})
const READ = { scopes: ['contents:read'], targets: { kind: 'named', names: ['acme/api'] } } as const
const keyOf = (operation: string, authority: 'organisation' | 'person' = 'organisation'): string => issuer.cacheKey(orderOf({ ...READ, operation, authority }))

describe('where GitHub’s token is put', () => {
  it('is a password for git, and a bearer token for every operation of the API', () => {
    const names = [...githubVocabulary.operations()].map(({ name }) => name)
    const git = names.filter((name) => placementFor(name).in === 'basic')
    expect(git).toEqual(GIT_OPERATIONS.map(({ name }) => name))
    expect(placementFor(git[0] ?? '')).toEqual({ in: 'basic', username: 'x-access-token' })
    expect(placementFor('GET /repos/{owner}/{repo}')).toEqual({ in: 'header', name: 'Authorization', value: 'Bearer {credential}' })
  })

  it.each(['organisation', 'person'] as const)('is part of what is shared: git’s calls share one token by the %s’s authority, and none with the API’s', (authority) => {
    const [refs = '', pack = ''] = GIT_OPERATIONS.map(({ name }) => keyOf(name, authority))
    const [branches, commits] = [keyOf('GET /repos/{owner}/{repo}/branches', authority), keyOf('GET /repos/{owner}/{repo}/commits', authority)]
    expect([refs === pack, branches === commits, refs === branches]).toEqual([true, true, false])
  })
})
