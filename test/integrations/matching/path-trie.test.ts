import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ParameterKind } from '../../../src/integrations/matching/parameter.ts'
import type { PathTemplate } from '../../../src/integrations/matching/path-template.ts'
import { parseTemplate } from '../../../src/integrations/matching/path-template.ts'
import { PathTrie } from '../../../src/integrations/matching/path-trie.ts'
import { isDenial } from '../../../src/model/denial.ts'

const KINDS: Readonly<Record<string, ParameterKind>> = { owner: 'name', repo: 'name', number: 'number', branch: 'opaque', path: 'rest' }

function trieOf(...routes: readonly string[]): PathTrie<string> {
  const trie = new PathTrie<string>()
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    trie.add(method, parseTemplate(path, (name) => KINDS[name] ?? 'plain'), route)
  }
  return trie
}

describe('a path trie', () => {
  const trie = trieOf(
    'GET /repos/{owner}/{repo}',
    'GET /repos/{owner}/{repo}/issues/{number}',
    'GET /repos/{owner}/{repo}/issues/comments',
    'DELETE /repos/{owner}/{repo}/issues/{number}',
    'GET /repos/{owner}/{repo}/contents/{path}',
    'GET /repos/{owner}/{repo}/branches/{branch}/protection',
    'GET /repos/{owner}/{repo}/keys/{name}',
    'GET /things/new',
    'GET /things/{name}/parts',
    'POST /things/{name}',
    'GET /',
  )

  it.each([
    ['GET', '/repos/acme/api', 'GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'api' }],
    ['GET', '/repos/acme/api/issues/7', 'GET /repos/{owner}/{repo}/issues/{number}', { owner: 'acme', repo: 'api', number: '7' }],
    ['GET', '/repos/acme/api/issues/comments', 'GET /repos/{owner}/{repo}/issues/comments', { owner: 'acme', repo: 'api' }],
    ['GET', '/repos/a/b/contents/src/lib/x.ts', 'GET /repos/{owner}/{repo}/contents/{path}', { owner: 'a', repo: 'b', path: 'src/lib/x.ts' }],
    ['GET', '/repos/a/b/contents/src%2Fx.ts', 'GET /repos/{owner}/{repo}/contents/{path}', { owner: 'a', repo: 'b', path: 'src%2Fx.ts' }],
    ['GET', '/repos/a/b/contents/', 'GET /repos/{owner}/{repo}/contents/{path}', { owner: 'a', repo: 'b', path: '' }],
    ['GET', '/repos/a/b/branches/fix%2Fx/protection', 'GET /repos/{owner}/{repo}/branches/{branch}/protection', { owner: 'a', repo: 'b', branch: 'fix%2Fx' }],
    ['GET', '/repos/a/b/keys/caf%C3%A9%20x', 'GET /repos/{owner}/{repo}/keys/{name}', { owner: 'a', repo: 'b', name: 'caf%C3%A9%20x' }],
    ['GET', '/things/new/parts', 'GET /things/{name}/parts', { name: 'new' }],
    ['POST', '/things/new', 'POST /things/{name}', { name: 'new' }],
    ['GET', '/repos/__proto__/x', 'GET /repos/{owner}/{repo}', { owner: '__proto__', repo: 'x' }],
    ['GET', '/', 'GET /', {}],
  ])('reads %s %s as %s', (method, path, value, parameters) => {
    const match = trie.match(method, path)
    expect({ ...match }).toEqual({ value, parameters: expect.anything() })
    expect('parameters' in match && { ...match.parameters }).toEqual(parameters)
  })

  it.each([
    ['GET', '/repos/acme', 'operation_unknown'],
    ['PUT', '/repos/acme/api', 'operation_unknown'],
    ['GET', '/repos/acme/api/', 'operation_unknown'],
    ['GET', '/repos/acme/api/issues/%63omments', 'operation_unknown'],
    ['GET', '/repos/acme/api/issues/latest', 'operation_unknown'],
    ['GET', '/REPOS/acme/api', 'operation_unknown'],
    ['GET', '/repos/acme/api/contents', 'operation_unknown'],
    ['GET', '/repos//api', 'operation_unknown'],
    ['GET', '/repos/a%2Fb/c', 'path_refused'],
    ['GET', '/repos/ac%20me/api', 'path_refused'],
    ['GET', '/repos/acm%C3%A9/api', 'path_refused'],
    ['GET', '/repos/a/..', 'path_refused'],
    ['GET', '/repos/a/b/keys/x%2Fy', 'path_refused'],
    ['GET', '/repos/a/b/keys/x%25y', 'path_refused'],
    ['GET', '/repos/a/b/keys/x%3Fy', 'path_refused'],
    ['GET', '/repos/a/b/keys/%6Eew', 'path_refused'],
    ['GET', '/repos/a/b/keys/%ZZ', 'path_refused'],
    ['GET', '/repos/a/b/keys/%C0%AF', 'path_refused'],
    ['GET', '/repos/a/b/contents//etc', 'path_refused'],
    ['GET', '/repos/a/b/contents/a/../b', 'path_refused'],
    ['GET', '/repos/a/b/contents/..%2Fb', 'path_refused'],
    ['GET', '/repos/a/b/contents/%252e%252e/b', 'path_refused'],
    ['GET', '/repos/a/b/contents/a%255Cb', 'path_refused'],
    ['GET', '/repos/a/b/contents/a%2500b', 'path_refused'],
    ['GET', '/repos/a/b/contents/a%252F%252Fb', 'path_refused'],
    ['GET', '/repos/a/b/contents/%25252525252525252541', 'path_refused'],
    ['GET', '/repos/a/b/branches/../protection', 'path_refused'],
    ['GET', '/repos/a/b/keys/a\u00e9', 'path_refused'],
  ])('refuses %s %s with %s', (method, path, code) => {
    const match = trie.match(method, path)
    expect(isDenial(match) && match.denial).toBe(code)
  })

  it('refuses two templates of one shape, a template with a rest in the middle, and text that is no template', () => {
    expect(() => trieOf('GET /a/{x}', 'GET /a/{y}')).toThrow('same shape')
    expect(() => parseTemplate('/a/{+x}/b')).toThrow('must stand last')
    expect(() => parseTemplate('/a/{x}/{x}')).toThrow('twice')
    expect(() => parseTemplate('/a/b{x}')).toThrow('neither')
    expect(() => parseTemplate('/a//b')).toThrow('neither')
    expect(() => parseTemplate('/a/../b')).toThrow('neither')
    expect(() => parseTemplate('a')).toThrow('begins with')
  })
})

const RANK = { literal: 0, number: 1, text: 2, rest: 3 } as const

/** One rank a segment, most specific first; undefined where the template does not match at all. */
function ranks(template: PathTemplate, segments: readonly string[]): readonly number[] | undefined {
  const found: number[] = []
  for (const [at, part] of template.parts.entries()) {
    const segment = segments[at]
    if (segment === undefined) return undefined
    if ('literal' in part) {
      if (part.literal !== segment) return undefined
      found.push(RANK.literal)
    } else if (part.kind === 'rest') return [...found, RANK.rest]
    else if (part.kind === 'number' ? !/^[0-9]{1,20}$/.test(segment) : segment === '') return undefined
    else found.push(part.kind === 'number' ? RANK.number : RANK.text)
  }
  return template.parts.length === segments.length ? found : undefined
}

/** Every template in turn, and of those that match the one most specific from the left. */
function matchedNaively(templates: readonly PathTemplate[], path: string): string | undefined {
  const segments = path.slice(1).split('/')
  const matching = templates.flatMap((template) => {
    const rank = ranks(template, segments)
    return rank === undefined ? [] : [{ text: template.text, key: rank.join('') }]
  })
  return matching.toSorted((a, b) => (a.key < b.key ? -1 : 1))[0]?.text
}

describe('a path trie, against a search through all templates', () => {
  const part = fc.constantFrom('a', 'b', '7', '{text}', '{number}')
  const template = fc.tuple(fc.array(part, { minLength: 1, maxLength: 5 }), fc.boolean()).map(([parts, rest]) => {
    const numbered = parts.map((text, at) => text.replace('{text}', `{text${at}}`).replace('{number}', `{number${at}}`))
    return `/${[...numbered, ...(rest ? ['{+rest}'] : [])].join('/')}`
  })
  const path = fc.array(fc.constantFrom('a', 'b', '7', '9', 'c'), { minLength: 1, maxLength: 7 }).map((parts) => `/${parts.join('/')}`)
  const kindOf = (name: string): ParameterKind => (name.startsWith('number') ? 'number' : 'plain')

  it('finds the same template', () => {
    fc.assert(
      fc.property(fc.uniqueArray(template, { maxLength: 12 }), fc.array(path, { maxLength: 12 }), (texts, paths) => {
        const trie = new PathTrie<string>()
        const templates = texts.map((text) => parseTemplate(text, kindOf))
        for (const one of templates) trie.add('GET', one, one.text)
        for (const one of paths) {
          const match = trie.match('GET', one)
          expect(isDenial(match) ? undefined : match.value).toBe(matchedNaively(templates, one))
        }
      }),
      { numRuns: 400 },
    )
  })

  it('never accepts an opaque parameter that some number of decodings turns into a dot segment, a backslash or a control', () => {
    const trie = trieOf('GET /files/{path}')
    const piece = fc.constantFrom('%', '25', '2', '2F', '2e', '5C', '00', 'a', '/', '.', '..', '%2F', '%25')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const raw = pieces.join('')
        const match = trie.match('GET', `/files/${raw}`)
        if (isDenial(match)) return
        let text = raw
        for (let round = 0; round < 20; round += 1) {
          expect(text.split('/')).not.toContain('..')
          expect(text.split('/')).not.toContain('.')
          expect(text).not.toMatch(/[\\\0]/)
          text = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('accepts every file path as encodeURIComponent writes it, whole or segment by segment', () => {
    const trie = trieOf('GET /files/{path}')
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/[/\\%\p{Cc}\p{Cs}]/u.test(text) && !/^\.+$/.test(text))
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const whole = trie.match('GET', `/files/${encodeURIComponent(names.join('/'))}`)
        const parts = trie.match('GET', `/files/${names.map(encodeURIComponent).join('/')}`)
        expect([isDenial(whole), isDenial(parts)]).toEqual([false, false])
      }),
    )
  })
})
