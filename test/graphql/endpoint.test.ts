import { describe, expect, it } from 'vitest'
import { githubCatalogue } from '../../src/integrations/github/catalogue.ts'
import { isDenial } from '../../src/model/denial.ts'
import { canonical } from '../integrations/github/request.ts'

const cloud = githubCatalogue({ integration: 'github', apiPrefix: '', uploads: { host: 'uploads.github.com', prefix: '' } })
const server = githubCatalogue({ integration: 'ghe', apiPrefix: '/api/v3', uploads: { host: 'ghe.acme.com', prefix: '/api/uploads' } })
const COMMENT = { query: 'mutation { addComment(input: {}) { clientMutationId } }' }

/** What a POST of JSON is, or the code of its denial. */
function matched(line: string, headers: readonly string[] = [], catalogue = cloud, value: unknown = COMMENT): { readonly name: string; readonly targets: unknown; readonly integration: string } | string {
  const match = catalogue.match({ ...canonical(line, headers), contentType: 'application/json' })
  if (isDenial(match)) return match.denial
  const whole = match.inspect?.({ bytes: Buffer.from(JSON.stringify(value)), format: 'json', value }) ?? match.operation
  return isDenial(whole) ? whole.denial : whole
}

describe('where GraphQL is served', () => {
  it('is /graphql, and /api/graphql beside an Enterprise Server’s API', () => {
    expect(matched('POST /graphql')).toMatchObject({ integration: 'github', name: 'graphql mutation addComment' })
    expect(matched('POST https://ghe.acme.com/api/graphql', [], server)).toMatchObject({ integration: 'ghe', name: 'graphql mutation addComment' })
  })

  it.each([
    ['POST /api/graphql', cloud], ['POST /graphql/', cloud], ['POST /GraphQL', cloud], ['POST https://uploads.github.com/graphql', cloud],
    ['POST https://ghe.acme.com/graphql', server], ['POST https://ghe.acme.com/api/v3/graphql', server], ['POST https://ghe.acme.com/api/uploads/graphql', server],
  ] as const)('is not %s', (line, catalogue) => {
    expect(matched(line, [], catalogue)).toBe('operation_unknown')
  })

  it.each([['GET /graphql', 'method_refused'], ['HEAD /graphql', 'method_refused'], ['PUT /graphql', 'method_refused'], ['POST /graphql?x', 'path_refused'], ['POST /graphql?', 'path_refused']])('is a POST without a query: %s is %s', (line, code) => {
    expect(matched(line)).toBe(code)
  })

  it('before its body is read is an operation that nothing can allow', () => {
    expect(cloud.match({ ...canonical('POST /graphql'), contentType: 'application/json' })).toMatchObject({ operation: { name: 'graphql', access: 'write', alternatives: [], targets: { kind: 'unresolved' } } })
  })
})

describe('Postern-Target', () => {
  it.each([['Postern-Target', 'acme-corp/backend'], ['postern-target', ' Acme-Corp/Backend ']])('%s: %s is the target', (name, value) => {
    expect(matched('POST /graphql', ['Accept', 'x', name, value])).toMatchObject({ targets: { kind: 'named', names: ['acme-corp/backend'] } })
  })

  it('is of no account where the document names what it acts on', () => {
    const query = '{ repository(owner: "acme-corp", name: "prod") { id } }'
    expect(matched('POST /graphql', ['Postern-Target', 'acme-corp/backend'], cloud, { query })).toMatchObject({ targets: { names: ['acme-corp/prod'] } })
    expect(matched('POST /graphql', ['Postern-Target', 'acme-corp/backend'], cloud, { query: '{ repository(owner: "acme-corp", name: 7) { id } }' })).toMatchObject({ targets: { kind: 'unresolved' } })
  })

  it.each([
    [['Postern-Target', 'acme-corp']], [['Postern-Target', '']], [['Postern-Target', 'acme-corp/*']], [['Postern-Target', 'acme-corp/a, acme-corp/b']], [['Postern-Target', 'acme-corp/a/b']],
    [['Postern-Target', 'acme-corp/a.git']], [['Postern-Target', 'acme-corp/a', 'Postern-Target', 'acme-corp/a']],
  ])('is refused where it names no one repository: %j', (headers) => {
    expect(matched('POST /graphql', headers)).toBe('header_refused')
  })
})
