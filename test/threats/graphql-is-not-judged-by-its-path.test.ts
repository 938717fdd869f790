import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentRules } from '../support/policies.ts'
import { startStage, type Stage } from '../support/stage.ts'

// A grant for POST /graphql would be a grant for every mutation: the document is what is judged, and no rule can declare it by the path.
let stage: Stage
beforeAll(async () => {
  stage = await startStage({ policies: {
    'graphql.yaml': agentRules('agent:pr-reviewer',
      '{ id: everything, allow: { integration: github, route: "POST /**", scopes: ["contents:write"] } }',
      '{ id: graphql, allow: { integration: github, route: "POST /graphql", scopes: ["contents:read"] } }',
      '{ id: graphql-get, allow: { integration: github, route: "GET /graphql", scopes: ["contents:read"] } }'),
  } })
})
afterAll(() => stage.close())

const QUERY = '{"query":"query { node(id: \\"x\\") { id } }"}'
const MUTATION = 'mutation { deleteRef(input: {refId: \\"x\\"}) { clientMutationId } }'
const ISSUES = 'repository(owner: \\"acme-corp\\", name: \\"backend\\") { issues { totalCount } }'

describe('GraphQL is refused where its document is not known, also where a rule names its path', () => {
  it.each<[what: string, method: string, path: string, parts: { body?: string; type?: string; fields?: readonly string[] }, code: string]>([
    ['a query that nobody reviewed', 'POST', '/graphql', { body: QUERY }, 'operation_unknown'],
    ['a mutation', 'POST', '/graphql', { body: `{"query":"${MUTATION}"}` }, 'policy_denied'],
    ['a mutation under another one’s name', 'POST', '/graphql', { body: '{"query":"mutation { addComment: deleteRepository(input: {}) { clientMutationId } }"}' }, 'operation_unknown'],
    ['a mutation told as a query', 'POST', '/graphql', { body: '{"query":"query a { x } mutation b { deleteRef }","operationName":"b"}' }, 'body_refused'],
    ['a query given twice', 'POST', '/graphql', { body: `{"query":"{ viewer { login } }","query":"${MUTATION}"}` }, 'body_refused'],
    ['a query given twice, once escaped', 'POST', '/graphql', { body: `{"query":"{ viewer { login } }","\\u0071uery":"${MUTATION}"}` }, 'body_refused'],
    ['a query given twice, in another case', 'POST', '/graphql', { body: `{"query":"{ viewer { login } }","Query":"${MUTATION}"}` }, 'body_refused'],
    ['a batch', 'POST', '/graphql', { body: `[${QUERY},{"query":"${MUTATION}"}]` }, 'body_refused'],
    ['a persisted query', 'POST', '/graphql', { body: '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}' }, 'body_refused'],
    ['a persisted query by its id', 'POST', '/graphql', { body: '{"documentId":"x","variables":{}}' }, 'body_refused'],
    ['a byte order mark', 'POST', '/graphql', { body: `\ufeff${QUERY}` }, 'body_refused'],
    ['another type', 'POST', '/graphql', { body: 'mutation { deleteRef }', type: 'application/graphql' }, 'body_refused'],
    ['a form', 'POST', '/graphql', { body: 'query=mutation%7BdeleteRef%7D', type: 'application/x-www-form-urlencoded' }, 'body_refused'],
    ['multipart', 'POST', '/graphql', { body: '--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{}\r\n--x--\r\n', type: 'multipart/form-data; boundary=x' }, 'body_refused'],
    ['a content coding', 'POST', '/graphql', { body: QUERY, fields: ['Content-Encoding: gzip'] }, 'body_refused'],
    ['another charset', 'POST', '/graphql', { body: QUERY, type: 'application/json; charset=utf-16' }, 'body_refused'],
    ['no body', 'POST', '/graphql', { body: '' }, 'body_refused'],
    ['another path and its type', 'POST', '/gql', { body: 'mutation { deleteRef }', type: 'application/graphql' }, 'operation_unknown'],
    ['GET', 'GET', '/graphql?query=mutation%7BdeleteRef%7D', {}, 'method_refused'],
    ['a query string beside the body', 'POST', `/graphql?query=${encodeURIComponent('mutation{deleteRef}')}`, { body: QUERY }, 'path_refused'],
    ['in capitals', 'POST', '/GraphQL', { body: QUERY }, 'operation_unknown'],
    ['the Enterprise path', 'POST', '/api/graphql', { body: QUERY }, 'operation_unknown'],
    ['a path parameter', 'POST', '/graphql;a=b', { body: QUERY }, 'operation_unknown'],
    ['a slash behind it', 'POST', '/graphql/', { body: QUERY }, 'operation_unknown'],
    // Known, and judged by what they do: the rules above are about paths, and give nothing.
    ['issues, which no rule allows the agent to read in another organisation', 'POST', '/graphql', { body: `{"query":"{ ${ISSUES.replace('acme-corp', 'other-org')} }"}` }, 'policy_denied'],
    ['issues beside a mutation’s word in a comment and a text', 'POST', '/graphql', { body: `{"query":"# mutation\\n{ ${ISSUES.replace('issues', 'issues: forks')} }"}` }, 'operation_unknown'],
  ])('%s', async (_what, method, path, parts, code) => {
    const before = stage.reached()
    expect((await stage.agent.call(method, `https://api.github.com${path}`, parts)).code).toBe(code)
    expect(stage.reached()).toBe(before)
  })

  it('and the bytes that were judged are those that arrive', async () => {
    const body = `{ "variables" : {} ,\n"query":"query\\u0020{ ${ISSUES} } # \\u00e9" }`
    expect((await stage.agent.call('POST', 'https://api.github.com/graphql', { body })).status).toBe(200)
    expect(stage.world.upstreams.github.log.entries.at(-1)).toMatchObject({ operation: 'POST /graphql', body: Buffer.from(body) })
  })
})
