import { describe, expect, it } from 'vitest'
import { compileRoute } from '../../src/policy/routes.ts'
import { request } from './fixtures.ts'

const ROUTE = 'POST /v1/tickets/{id}/comments'

const CASES: readonly [route: string, method: string, path: string, narrow: boolean, wide: boolean][] = [
  [ROUTE, 'POST', '/v1/tickets/7/comments', true, true],
  [ROUTE, 'GET', '/v1/tickets/7/comments', false, false],
  [ROUTE, 'POST', '/v1/tickets//comments', false, true],
  [ROUTE, 'POST', '/v1/tickets/7/comments/', false, true],
  [ROUTE, 'POST', '/v1/Tickets/7/comments', false, true],
  [ROUTE, 'POST', '/v1/%74ickets/7/comments', false, true],
  [ROUTE, 'POST', '/v1/tickets/7%2Fcomments', false, true],
  [ROUTE, 'POST', '/v1/tickets/%2e%2e/comments', false, true],
  [ROUTE, 'POST', '/v1/tickets/a%20b/comments', true, true],
  [ROUTE, 'POST', '/v1/tickets/7/8/comments', false, false],
  [ROUTE, 'POST', '/v1/tickets/7%2F8/comments', false, true],
  [ROUTE, 'POST', '/v1/tickets;v=1/7/comments', false, true],
  [ROUTE, 'POST', '/v1/tickets/7/comments%3Bv=1/', false, true],
  [ROUTE, 'POST', '/v1/%2574ickets/7/comments', false, true],
  [ROUTE, 'POST', '/v1/%54ickets/7/comments%20', false, true],
  [ROUTE, 'POST', '/v1/tickets./7/comments', false, true],
  ['DELETE /v1/labels/{name}', 'DELETE', '/v1/labels/area%2Fproxy', false, true],
  ['GET /v1/**', 'GET', '/v1/a/b/c', true, true],
  ['GET /v1/**', 'HEAD', '/v1/a', false, true],
  ['GET /v1/**/end', 'GET', '/v1/end', true, true],
  ['DELETE /v1/{+rest}', 'DELETE', '/v1/a/b', true, true],
  ['DELETE /v1/{+rest}', 'DELETE', '/v2/a', false, false],
  ['* /v1/report-*', 'DELETE', '/v1/report-7', true, true],
  ['* /v1/report-*', 'DELETE', '/v1/report-7%2F..', false, true],
]

describe('compileRoute', () => {
  it.each(CASES)('%s against %s %s: allow %s, deny %s', (text, method, path, narrow, wide) => {
    const route = compileRoute(text)
    expect(route?.matchesNarrowly(request({ method, path }))).toBe(narrow)
    expect(route?.matchesWidely(request({ method, path }))).toBe(wide)
  })

  it.each(['GET', 'GET v1', 'get /v1', 'GET /v1/a**', 'GET /v1 x', '', 'GET /v1/{+rest}/end', 'GET /v1/{id', 'GET /v1/x{id}', 'GET /v1/{a-b}'])('refuses the route %j', (text) => {
    expect(compileRoute(text)).toBeUndefined()
  })

  it('tells the parameters as they stand in the path', () => {
    expect(compileRoute('GET /a/{x}/b/{y}')?.parametersOf('/a/1%20/b/2')).toEqual({ x: '1%20', y: '2' })
  })
})
