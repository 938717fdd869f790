import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasOpaqueEscape, pathProblem } from '../../src/http/path.ts'
import { queryProblem } from '../../src/http/query.ts'

/** What a lax server could make of a path: decode again and again, backslashes to slashes, parameters off, dot segments resolved. */
function laxly(path: string): readonly string[] {
  const forms = [path]
  let text = path
  for (let round = 0; round < 6; round++) {
    let decoded: string
    try {
      decoded = decodeURIComponent(text)
    } catch {
      break
    }
    if (decoded === text) break
    forms.push(decoded)
    text = decoded
  }
  return forms
}

describe('paths', () => {
  for (const path of ['/', '/a', '/a/', '/a.b/..c/...', '/a;b=c', '/@a/~b/$c', '/users/dependabot[bot]', '/a%20b', '/%E6%97%A5', '/a|b', "/it's", '/a:b']) {
    it(`takes ${path}, which has no opaque escape`, () => expect([pathProblem(path), hasOpaqueEscape(path)]).toEqual([undefined, false]))
  }
  for (const path of ['/contents/src%2Findex.ts', '/heads%2fx', '/labels/100%25', '/%E6%97%A5%25', '/a%2525']) {
    it(`takes ${path}, and says that it has an opaque escape`, () => expect([pathProblem(path), hasOpaqueEscape(path)]).toEqual([undefined, true]))
  }
  for (const [path, problem] of [
    ['', 'a character that a path cannot hold'], ['a', 'a character that a path cannot hold'], ['/a b', 'a character that a path cannot hold'], ['/a\\b', 'a character that a path cannot hold'],
    ['/é', 'a character that a path cannot hold'], ['/a?b', 'a character that a path cannot hold'], ['/a\n', 'a character that a path cannot hold'],
    ['//', 'an empty or dot segment'], ['/a//b', 'an empty or dot segment'], ['/.', 'an empty or dot segment'], ['/a/..', 'an empty or dot segment'], ['/a/./b', 'an empty or dot segment'], ['/..;/b', 'an empty or dot segment'],
    ['/%', 'a broken percent escape'], ['/%4', 'a broken percent escape'], ['/%4g', 'a broken percent escape'], ['/%%41', 'a broken percent escape'],
    ['/%2e', 'an escaped dot, backslash or control character'], ['/a%2Eb', 'an escaped dot, backslash or control character'], ['/%5c', 'an escaped dot, backslash or control character'],
    ['/%00', 'an escaped dot, backslash or control character'], ['/%1F', 'an escaped dot, backslash or control character'], ['/%7F', 'an escaped dot, backslash or control character'],
    ['/%2Fa', 'an escaped empty segment'], ['/a%2f/b', 'an escaped empty segment'], ['/a/%252Fb', 'an escaped empty segment'],
    ['/..%2fa', 'an escaped dot segment, backslash or control character'], ['/a%2f..', 'an escaped dot segment, backslash or control character'], ['/%252e%252e/a', 'an escaped dot segment, backslash or control character'],
    ['/..%253b/a', 'an escaped dot segment, backslash or control character'], ['/%255c', 'an escaped dot segment, backslash or control character'], ['/%250a', 'an escaped dot segment, backslash or control character'],
    ['/%c0%ae', 'escapes that are not UTF-8'], ['/%ff', 'escapes that are not UTF-8'], ['/%ed%a0%80', 'escapes that are not UTF-8'],
    ['/%2525252525', 'escapes of escapes of escapes'],
  ] as const) it(`refuses ${JSON.stringify(path)}: ${problem}`, () => expect(pathProblem(path)).toBe(problem))

  const piece = fc.constantFrom('/', '.', '..', '%2e', '%2F', '%25', '%5c', '\\', ';', 'a', 'x=1', '%41', '%C3%A9', '25', '2f', '2e', '%', '5c', '00')
  it('that pass mean the same path to every server, however it decodes: property', () => {
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = `/${pieces.join('')}`
      if (pathProblem(path) !== undefined) return
      expect(new URL(`http://a${path}`).pathname).toBe(path)
      for (const form of laxly(path)) {
        const segments = form.replaceAll('\\', '/').split('/').map((segment) => segment.split(';', 1)[0])
        expect(segments).not.toContain('..')
        expect(segments).not.toContain('.')
        expect(form).not.toMatch(/[\\\0]/)
      }
    }), { numRuns: 3_000 })
  })

  it('are judged in linear time', () => {
    const started = process.hrtime.bigint()
    for (const unit of ['%25', '%2525', '/a', '.', '%E6%97%A5', '/..a', ';', '%c3']) pathProblem(`/${unit.repeat(Math.floor(200_000 / unit.length))}`)
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(2_000)
  })
})

describe('queries', () => {
  for (const query of ['', 'a=b', 'a=b?c/d', 'q=%20%2F..%2F', 'a[]=1', 'x="<>"', "'", 'a|b', 'a;b']) it(`takes ${query}`, () => expect(queryProblem(query)).toBeUndefined())
  for (const query of ['#', 'a b', 'é', 'a\n', '\0']) it(`refuses ${JSON.stringify(query)}`, () => expect(queryProblem(query)).toBe('a character that a query cannot hold'))
  for (const query of ['%', '%4', '%zz', 'a=100%']) it(`refuses ${query}`, () => expect(queryProblem(query)).toBe('a broken percent escape in the query'))
  it('refuses an escaped NUL', () => expect(queryProblem('a=%00')).toBe('an escaped NUL in the query'))
})
