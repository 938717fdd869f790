import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../../src/http/request.ts'
import { parseBody } from '../../../src/http/body-parse.ts'
import type { RouteOptions } from '../../../src/integrations/routes/route-options.ts'
import { routeProblems } from '../../../src/integrations/routes/route-problems.ts'
import { routesIntegration, type RoutesIntegrationOptions } from '../../../src/integrations/routes/routes-integration.ts'
import { isDenial } from '../../../src/model/denial.ts'
import type { Operation, Targets } from '../../../src/model/operation.ts'

function route(text: string, over: Partial<RouteOptions> = {}): RouteOptions {
  return { route: text, access: 'read', scopes: ['tickets:read'], targets: [], opaque: [], ...over }
}

function integration(routes: readonly RouteOptions[], over: Partial<RoutesIntegrationOptions> = {}) {
  return routesIntegration({
    name: 'tickets',
    origins: [{ scheme: 'https', host: 'tickets.internal', port: 8443, basePath: '' }],
    routes,
    credential: { placement: { in: 'header', name: 'Authorization', value: 'Bearer {credential}' } },
    credentialFields: undefined,
    exactScopes: false,
    foldTargetCase: false,
    ...over,
  })
}

function request(method: string, path: string, over: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return { method, scheme: 'https', host: 'tickets.internal', port: 8443, path, query: undefined, headers: [], contentType: undefined, framing: { kind: 'none' }, ...over }
}

function operation(on: ReturnType<typeof integration>, of: CanonicalRequest, body?: string): Operation {
  const match = on.catalogue.match(of)
  if (isDenial(match)) throw new Error(match.detail)
  if (body === undefined) return match.operation
  const parsed = parseBody({ headers: ['content-type', of.contentType ?? 'application/json'] }, Buffer.from(body))
  if (isDenial(parsed)) throw new Error(parsed.detail)
  const whole = match.inspect?.(parsed)
  if (whole === undefined || isDenial(whole)) throw new Error('nothing to inspect')
  return whole
}

describe('matching', () => {
  const tickets = integration([
    route('GET /v1/tickets/{id}', { targets: ['{id}'] }),
    route('POST /v1/tickets/{id}/comments', { access: 'write', scopes: ['comments:create'], targets: ['{id}'] }),
    route('GET /v1/labels/{label}', { opaque: ['label'] }),
    route('GET /v1/files/{+path}'),
    route('PUT /v1/either', { access: 'write', scopes: [['a:write', 'b:read'], ['c:admin']] }),
    route('GET /v1/free', { scopes: [] }),
  ])

  it('gives the route as the operation, with its scopes, access, target and parameters', () => {
    expect(operation(tickets, request('POST', '/v1/tickets/T-7/comments'))).toEqual({
      integration: 'tickets', name: 'POST /v1/tickets/{id}/comments', access: 'write', alternatives: [['comments:create']],
      targets: { kind: 'named', names: ['T-7'] }, parameters: Object.assign(Object.create(null) as object, { id: 'T-7' }),
    })
  })

  it('reads any-of over all-of, and none', () => {
    expect(operation(tickets, request('PUT', '/v1/either')).alternatives).toEqual([['a:write', 'b:read'], ['c:admin']])
    expect(operation(tickets, request('GET', '/v1/free')).alternatives).toEqual([[]])
  })

  it('takes HEAD for GET, and for nothing else', () => {
    expect(operation(tickets, request('HEAD', '/v1/tickets/T-7')).name).toBe('GET /v1/tickets/{id}')
    expect(tickets.catalogue.match(request('HEAD', '/v1/either'))).toMatchObject({ denial: 'operation_unknown' })
  })

  const cases: readonly (readonly [string, string, string])[] = [
    ['DELETE', '/v1/tickets/1', 'operation_unknown'],
    ['GET', '/v1/tickets', 'operation_unknown'],
    ['GET', '/v1/tickets/1/', 'operation_unknown'],
    ['GET', '/V1/tickets/1', 'operation_unknown'],
    ['GET', '/v1/%74ickets/1', 'operation_unknown'],
    ['GET', '/v1/tickets/%41', 'path_refused'],
    ['GET', '/v1/tickets/a%2Fb', 'path_refused'],
    ['GET', '/v1/tickets/..', 'path_refused'],
    ['GET', '/v1/labels/%2e%2e', 'path_refused'],
  ]
  it.each(cases)('refuses %s %s as %s', (method, path, code) => {
    expect(tickets.catalogue.match(request(method, path))).toMatchObject({ denial: code })
  })

  it('lets an opaque parameter hold an encoded slash, and a rest several segments', () => {
    expect(operation(tickets, request('GET', '/v1/labels/a%2Fb')).parameters['label']).toBe('a%2Fb')
    expect(operation(tickets, request('GET', '/v1/files/src/a.ts')).parameters['path']).toBe('src/a.ts')
  })
})

describe('targets', () => {
  const on = (...targets: string[]) => integration([route('POST /p/{owner}/{id}', { targets })])
  const at = (over: Partial<CanonicalRequest> = {}) => request('POST', '/p/acme/7', { contentType: 'application/json', framing: { kind: 'chunked' }, ...over })
  const named = (...names: string[]): Targets => ({ kind: 'named', names })
  const unresolved = (reason: string) => ({ kind: 'unresolved', reason: expect.stringContaining(reason) as string })

  it('none where the route names none', () => {
    expect(operation(on(), at()).targets).toEqual({ kind: 'none' })
  })

  it('from path and literal text', () => {
    expect(operation(on('{owner}/{id}'), at()).targets).toEqual(named('acme/7'))
    expect(operation(on('board-{id}', '{owner}'), at()).targets).toEqual(named('board-7', 'acme'))
  })

  const queries: readonly (readonly [string | undefined, Targets | object])[] = [
    ['project=core', named('core')],
    ['a=1&project=my+core%21', named('my core!')],
    [undefined, unresolved('no project')],
    ['project', unresolved('different ways')],
    ['project=', unresolved('empty')],
    ['project=a&project=b', unresolved('twice')],
    ['project=a&Project=b', unresolved('twice')],
    ['project=a&%70roject=b', unresolved('twice')],
    ['%70roject=a', unresolved('spelling')],
    ['PROJECT=a', unresolved('spelling')],
    ['project[]=a', unresolved('spelling')],
    ['project=a;project=b', unresolved('different ways')],
    ['project=a%2541', unresolved('unclear')],
    ['project=%C3%28', unresolved('unclear')],
    ['project=%20core', unresolved('plain text')],
    ['project=%C3%BC', unresolved('plain text')],
  ]
  it.each(queries)('from the query %s', (query, targets) => {
    expect(operation(on('{query.project}'), at({ query })).targets).toEqual(targets)
  })

  const bodies: readonly (readonly [string, Targets | object])[] = [
    ['{"to":{"project":"core"}}', named('core')],
    ['{"to":{"project":7}}', named('7')],
    ['{"to":{"project":["a","b",3,"a"]}}', named('a', 'b', '3')],
    ['{"to":{"project":[]}}', unresolved('neither')],
    ['{"to":{"project":["a",null]}}', unresolved('neither')],
    ['{"to":{"project":1.5}}', unresolved('neither')],
    ['{"to":{"project":9007199254740993}}', unresolved('neither')],
    ['{"to":{"project":true}}', unresolved('neither')],
    ['{"to":{"project":"a","Project":"b"}}', unresolved('several spellings')],
    ['{"to":{"Project":"b"}}', unresolved('several spellings')],
    ['{"to":[{"project":"a"}]}', unresolved('no to.project')],
    ['{"project":"a"}', unresolved('no to.project')],
    ['[]', unresolved('no to.project')],
    ['"x"', unresolved('no to.project')],
    ['{"to":{"project":""}}', unresolved('empty')],
    ['{"to":{"project":"a\\u0000"}}', unresolved('plain text')],
  ]
  it.each(bodies)('from the body %s', (body, targets) => {
    expect(operation(on('{body.to.project}'), at(), body).targets).toEqual(targets)
  })

  it('from a form, but for names that frameworks would index', () => {
    const form = at({ contentType: 'application/x-www-form-urlencoded' })
    expect(operation(on('{body.project}'), form, 'project=core&x=1').targets).toEqual(named('core'))
    expect(operation(on('{body.project}'), form, 'project=core&project%5B%5D=prod').targets).toEqual(unresolved('several spellings'))
  })

  it('are unresolved as a whole where one of them is, and before the body was read', () => {
    expect(operation(on('{owner}', '{query.project}'), at()).targets).toEqual(unresolved('no project'))
    expect(operation(on('{owner}', '{body.project}'), at()).targets).toEqual(unresolved('the body tells'))
  })

  it('let no value bring a separator of its own, nor a list, into a composed target', () => {
    expect(operation(on('{owner}/{body.project}'), at(), '{"project":"core"}').targets).toEqual(named('acme/core'))
    expect(operation(on('{owner}/{body.project}'), at(), '{"project":"x/../y"}').targets).toEqual(unresolved('slash'))
    expect(operation(on('{owner}/{body.project}'), at(), '{"project":["a","b"]}').targets).toEqual(unresolved('a list'))
  })

  it('fold case only where the upstream does', () => {
    const folding = integration([route('POST /p/{id}', { targets: ['{id}'] })], { foldTargetCase: true })
    expect(operation(folding, request('POST', '/p/PROD')).targets).toEqual(named('prod'))
    expect(folding.vocabulary.canonicalTarget('PROD-*')).toBe('prod-*')
    expect(on('{id}').vocabulary.canonicalTarget('PROD')).toBe('PROD')
  })

  it('property: a named query target is what a server reads, whatever the query', () => {
    const name = fc.constantFrom('project', 'Project', '%70roject', 'project[]', 'other', '')
    const pair = fc.tuple(name, fc.constantFrom('=', ''), fc.stringMatching(/^[a-z0-9+;%25]{0,6}$/)).map((parts) => parts.join(''))
    fc.assert(fc.property(fc.array(pair, { maxLength: 4 }).map((pairs) => pairs.join('&')), (query) => {
      const { targets } = operation(on('{query.project}'), at({ query }))
      if (targets.kind !== 'named') return
      expect(new URLSearchParams(query).getAll('project')).toEqual(targets.names)
    }), { numRuns: 500 })
  })
})

describe('vocabulary', () => {
  const declared = [route('GET /a', { scopes: ['tickets:read'] }), route('POST /a', { scopes: ['comments:create'] }), route('PUT /a', { scopes: ['boards:admin'] })]
  const { vocabulary } = integration(declared)
  const exact = integration(declared, { exactScopes: true }).vocabulary

  it.each([
    ['tickets:read', 'tickets:read', 'tickets:read'],
    ['tickets:write', 'tickets:write', undefined],
    ['comments:create', 'comments:create', 'comments:create'],
    ['comments:read', undefined, undefined],
    ['tickets:create', undefined, undefined],
    ['Tickets:read', undefined, undefined],
    ['tickets', undefined, undefined],
    ['unknown:read', undefined, undefined],
    ['', undefined, undefined],
  ])('knows the scope %s as %s, or exactly as %s', (scope, canonical, exactly) => {
    expect(vocabulary.canonicalScope(scope)).toBe(canonical)
    expect(exact.canonicalScope(scope)).toBe(exactly)
  })

  it.each([
    ['tickets:write', 'tickets:read', true],
    ['tickets:admin', 'tickets:write', true],
    ['tickets:read', 'tickets:write', false],
    ['boards:admin', 'tickets:read', false],
    ['comments:create', 'comments:create', true],
    ['comments:admin', 'comments:create', false],
  ])('%s covers %s: %s', (granted, needed, covers) => {
    expect(vocabulary.covers(granted, needed)).toBe(covers)
    expect(exact.covers(granted, needed)).toBe(granted === needed)
  })

  it('lists every operation', () => {
    expect([...vocabulary.operations()]).toContainEqual({ name: 'POST /a', access: 'read', alternatives: [['comments:create']] })
  })
})

describe('a description that cannot be right is an error that says what', () => {
  const cases: readonly (readonly [string, RouteOptions[], string])[] = [
    ['no method', [route('/v1/x')], 'no method and path'],
    ['a method in lower case', [route('get /v1/x')], 'no method and path'],
    ['an unknown method', [route('TRACE /v1/x')], 'no method and path'],
    ['a query', [route('GET /v1/x?y=1')], 'neither a literal segment'],
    ['a parameter twice', [route('GET /{a}/{a}')], 'stands twice'],
    ['two routes of one shape', [route('GET /a/{x}'), route('GET /a/{y}')], 'same shape'],
    ['a target from nowhere', [route('GET /a/{x}', { targets: ['{y}'] })], 'names {y}'],
    ['a target without braces', [route('GET /a', { targets: ['body.project'] })], 'write {body.project}'],
    ['a target with half a brace', [route('GET /a', { targets: ['{x'] })], 'brace'],
    ['an empty target', [route('GET /a', { targets: [''] })], 'not empty'],
    ['a reference of another kind', [route('GET /a', { targets: ['{header.x}'] })], 'no parameter'],
    ['an opaque target', [route('GET /a/{x}', { targets: ['{x}'], opaque: ['x'] })], 'cannot be opaque'],
    ['a target over segments', [route('GET /a/{+x}', { targets: ['{x}'] })], 'cannot be opaque'],
    ['an opaque parameter from nowhere', [route('GET /a/{x}', { opaque: ['y'] })], 'has not got it'],
    ['a scope with a space', [route('GET /a', { scopes: ['a b'] })], 'no scope'],
  ]
  it.each(cases)('%s', (_, routes, message) => {
    expect(() => integration(routes)).toThrow(message)
    expect(routeProblems(routes)).toEqual([{ at: routes.length - 1, problem: expect.stringContaining(message) as string }])
  })

  it('and all of them are found at once', () => {
    const routes = [route('GET /a'), route('get /b'), route('GET /a'), route('GET /c')]
    expect(routeProblems(routes).map(({ at }) => at)).toEqual([1, 2])
  })
})

describe('credentials', () => {
  it('lists the fields in which a client could bring one', () => {
    expect(integration([]).credentialFields).toEqual(['access_token'])
    expect(integration([], { credential: { placement: { in: 'query', name: 'Api_Key' } } }).credentialFields).toEqual(['access_token', 'api_key'])
    expect(integration([], { credentialFields: ['Token'] }).credentialFields).toEqual(['token'])
  })

  it('looks at every JSON body where fields are configured', () => {
    const json = request('POST', '/a', { contentType: 'application/json', framing: { kind: 'chunked' } })
    const inspects = (over: Partial<RoutesIntegrationOptions>) => {
      const match = integration([route('POST /a')], over).catalogue.match(json)
      return !isDenial(match) && match.inspect !== undefined
    }
    expect(inspects({ credentialFields: ['token'] })).toBe(true)
    expect(inspects({})).toBe(false)
  })

  it('are left out only where the configuration says none', () => {
    expect(integration([]).credential).toBeUndefined()
    expect(integration([], { credential: 'none' }).credential).toBe('none')
  })
})

it('refuses in problem details', () => {
  const answer = integration([]).denialAnswer({
    code: 'policy_denied', status: 403, title: 'Policy does not allow this request.', hint: undefined, layer: 'org_policy', rule: 'org/x',
    decisionId: 'dec_1', missingScopes: [], link: undefined, retryAfterSeconds: undefined,
  }, request('GET', '/a'))
  expect(answer.status).toBe(403)
  expect(answer.headers).toContain('application/problem+json')
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'policy_denied', layer: 'org_policy', rule: 'org/x', decision: 'dec_1' })
})
