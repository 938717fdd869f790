import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentRules } from '../support/policies.ts'
import { startStage, type Stage } from '../support/stage.ts'

// A grant for POST /graphql is a grant for every mutation: no rule can give it by the path.
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

const QUERY = '{"query":"query { viewer { login } }"}'

describe('GraphQL is refused, also where a rule names its path', () => {
  for (const [name, method, path, parts] of [
    ['a query', 'POST', '/graphql', { body: QUERY }],
    ['a mutation', 'POST', '/graphql', { body: '{"query":"mutation { deleteRef(input: {refId: \\"x\\"}) { clientMutationId } }"}' }],
    ['a mutation told as a query', 'POST', '/graphql', { body: '{"query":"query a { x } mutation b { deleteRef }","operationName":"b"}' }],
    ['another type', 'POST', '/graphql', { body: 'mutation { deleteRef }', type: 'application/graphql' }],
    ['another path and its type', 'POST', '/gql', { body: 'mutation { deleteRef }', type: 'application/graphql' }],
    ['GET', 'GET', '/graphql?query=mutation%7BdeleteRef%7D', {}],
    ['in capitals', 'POST', '/GraphQL', { body: QUERY }],
    ['the Enterprise path', 'POST', '/api/graphql', { body: QUERY }],
    ['a path parameter', 'POST', '/graphql;a=b', { body: QUERY }],
    ['a slash behind it', 'POST', '/graphql/', { body: QUERY }],
  ] as const) {
    it(name, async () => {
      const before = stage.reached()
      expect((await stage.agent.call(method, `https://api.github.com${path}`, parts)).code).toMatch(/^(?:operation_unknown|path_refused)$/)
      expect(stage.reached()).toBe(before)
    })
  }
})
