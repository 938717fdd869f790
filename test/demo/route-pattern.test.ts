import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchPattern, routePattern } from '../../src/demo/server/route-pattern.ts'

const contents = routePattern('/repos/{owner}/{repo}/contents/{path+}')
const pull = routePattern('/repos/{owner}/{repo}/pulls/{pull_number}')

describe('a route pattern', () => {
  it.each([
    ['/repos/a/b/pulls/42', { owner: 'a', repo: 'b', pull_number: '42' }],
    ['/repos/a/b/pulls/42/', undefined],
    ['/repos/a/b/pulls', undefined],
    ['/repos/a//pulls/42', undefined],
    ['//repos/a/b/pulls/42', undefined],
    ['repos/a/b/pulls/42', undefined],
    ['/repos/a/b/PULLS/42', undefined],
    ['/repos/a/b/pulls/%zz', undefined],
    ['', undefined],
  ])('reads %s as %o', (path, expected) => {
    expect(matchPattern(pull, path)).toEqual(expected)
  })

  it('takes a rest with encoded and bare slashes alike', () => {
    expect(matchPattern(contents, '/repos/a/b/contents/src%2Findex.ts')?.['path']).toBe('src/index.ts')
    expect(matchPattern(contents, '/repos/a/b/contents/src/index.ts')?.['path']).toBe('src/index.ts')
    expect(matchPattern(contents, '/repos/a/b/contents/')).toBeUndefined()
  })

  it('gives back any parameter that was encoded into its place', () => {
    const parameter = string({ minLength: 1, unit: 'binary' }).filter((text) => text.isWellFormed())
    assert(
      property(parameter, parameter, parameter, (owner, repo, path) => {
        const encoded = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}/contents/${encodeURIComponent(path)}`
        expect(matchPattern(contents, encoded)).toEqual({ owner, repo, path })
      }),
    )
  })

  it('never throws, whatever the path', () => {
    assert(
      property(string(), (path) => {
        const names = Object.keys(matchPattern(contents, `/repos/${path}`) ?? {})
        expect([[], ['owner', 'repo', 'path']]).toContainEqual(names)
        expect(matchPattern(contents, `/x${path}`)).toBeUndefined()
      }),
    )
  })
})
