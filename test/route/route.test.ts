import { describe, expect, it } from 'vitest'
import { IntegrationIndex } from '../../src/integrations/integration-index.ts'
import { routesIntegration } from '../../src/integrations/routes/routes-integration.ts'
import { routeStage } from '../../src/proxy/route/route.ts'
import { DECLARED, index, request, snapped, snapshot, TICKETS } from './fixture.ts'

const stage = routeStage(index)

describe('finding the integration', () => {
  it('by the exact origin', () => {
    expect(stage.run(snapped())).toMatchObject({ integration: { name: 'tickets' }, match: { operation: { name: 'GET /api/v1/tickets/{id}' } } })
  })

  it.each([
    ['another port', { port: 443 }],
    ['another scheme', { scheme: 'http' }],
    ['a subdomain', { host: 'x.tickets.internal' }],
    ['a parent domain', { host: 'internal' }],
    ['a longer name', { host: 'tickets.internal.evil.com' }],
    ['the port of another of its origins', { host: 'uploads.internal', port: 8443 }],
  ] as const)('serves no origin that differs by %s', (_, over) => {
    expect(stage.run(snapped({ request: request(over) }))).toMatchObject({ denial: 'host_not_served' })
  })

  it('by the prefix in reverse mode, and moves the request to the first origin', () => {
    const came = request({ scheme: 'http', host: 'localhost', port: 8080, path: '/v1/tickets/T-1' })
    expect(stage.run(snapped({ door: 'reverse', prefix: 'tickets', request: came }))).toMatchObject({
      integration: { name: 'tickets' },
      request: { scheme: 'https', host: 'tickets.internal', port: 8443, path: '/api/v1/tickets/T-1' },
      match: { operation: { targets: { kind: 'named', names: ['T-1'] } } },
    })
  })

  it.each([['unknown', 'linear'], ['in another case', 'Tickets'], ['a property of objects', '__proto__'], ['missing', undefined]])('refuses a prefix that is %s', (_, prefix) => {
    expect(stage.run(snapped({ door: 'reverse', prefix }))).toMatchObject({ denial: 'integration_unknown' })
  })

  it('does not let a prefix matter in forward mode, nor a host in reverse mode', () => {
    expect(stage.run(snapped({ prefix: 'tickets', request: request({ host: 'evil.com' }) }))).toMatchObject({ denial: 'host_not_served' })
    expect(stage.run(snapped({ door: 'reverse', prefix: 'nobody' }))).toMatchObject({ denial: 'integration_unknown' })
  })
})

describe('finding the operation', () => {
  it('refuses what neither catalogue nor policy knows', () => {
    expect(stage.run(snapped({ request: request({ method: 'DELETE' }) }))).toMatchObject({ denial: 'operation_unknown' })
  })

  it('takes what a rule declares for it', () => {
    const exchange = snapped({ request: request({ method: 'DELETE' }), snapshot: snapshot({ declaredOperation: () => DECLARED }) })
    expect(stage.run(exchange)).toMatchObject({ match: { operation: DECLARED, inspect: undefined } })
  })

  it('lets no declaration replace a catalogue entry, or a path that the catalogue refuses', () => {
    const declares = snapshot({ declaredOperation: () => DECLARED })
    expect(stage.run(snapped({ snapshot: declares }))).toMatchObject({ match: { operation: { name: 'GET /api/v1/tickets/{id}' } } })
    expect(stage.run(snapped({ snapshot: declares, request: request({ path: '/api/v1/tickets/T%2F1' }) }))).toMatchObject({ denial: 'path_refused' })
  })

  it.each([
    request({ method: 'POST', path: '/graphql' }),
    request({ method: 'POST', path: '/api/GraphQL' }),
    request({ method: 'POST', path: '/graphql/v2' }),
    request({ method: 'POST', path: '/query', contentType: 'application/graphql' }),
  ])('lets no rule declare GraphQL: $path', (graphql) => {
    expect(stage.run(snapped({ request: graphql, snapshot: snapshot({ declaredOperation: () => DECLARED }) }))).toMatchObject({ denial: 'operation_unknown' })
  })
})

describe('a credential of the client\'s in the query', () => {
  it.each(['api_key=x', 'API_KEY=x', 'a=1&api%5Fkey=x', 'api%255fkey', 'access_token=x', 'a;access_token=x', 'access_token[]=x'])('is refused: %s', (query) => {
    expect(stage.run(snapped({ request: request({ query }) }))).toMatchObject({ denial: 'client_credential_refused' })
  })

  it.each(['q=access_token', 'my_access_tokens=1', 'page=2', ''])('is not seen where there is none: %s', (query) => {
    expect(stage.run(snapped({ request: request({ query }) }))).toMatchObject({ integration: { name: 'tickets' } })
  })
})

describe('another method than that of the request line', () => {
  it.each(['_method=DELETE', 'a=1&_METHOD=put', '%5fmethod=DELETE', 'a;_method=DELETE', '%255Fmethod=DELETE', 'X-HTTP-Method-Override=DELETE'])('is refused in the query: %s', (query) => {
    expect(stage.run(snapped({ request: request({ query }) }))).toMatchObject({ denial: 'request_ambiguous' })
  })

  it.each(['method=DELETE', 'shipping_method=post', 'q=_method'])('is not seen where there is none: %s', (query) => {
    expect(stage.run(snapped({ request: request({ query }) }))).toMatchObject({ integration: { name: 'tickets' } })
  })
})

describe('the list of integrations', () => {
  const named = (name: string, origins = TICKETS.origins) => routesIntegration({ ...TICKETS, name, origins })
  const origin = { scheme: 'https', host: 'a.internal', port: 443, basePath: '' } as const

  it.each([
    ['one name twice', [named('a', [origin]), named('a', [{ ...origin, port: 444 }])], 'two integrations are named a'],
    ['one origin twice', [named('a', [origin]), named('b', [{ ...origin, basePath: '/b' }])], 'belongs to a and to b'],
    ['an integration without origin', [named('a', [])], 'has no origin'],
    ['a host in upper case', [named('a', [{ ...origin, host: 'A.internal' }])], 'not canonical'],
    ['a host with a trailing dot', [named('a', [{ ...origin, host: 'a.internal.' }])], 'not canonical'],
  ] as const)('refuses %s', (_, integrations, message) => {
    expect(() => new IntegrationIndex(integrations)).toThrow(message)
  })

  it('knows which hosts are ours on any port', () => {
    expect(index.servesHost('tickets.internal')).toBe(true)
    expect(index.servesHost('other.internal')).toBe(false)
    expect([...index.all()].map(({ name }) => name)).toEqual(['tickets'])
  })
})
