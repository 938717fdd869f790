import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { globCovers } from '../../src/policy/glob-cover.ts'
import { compileGlob } from '../../src/policy/globs.ts'

const CASES: readonly [string, string, boolean][] = [
  ['acme-corp/backend', 'acme-corp/backend', true],
  ['acme-corp/*', 'acme-corp/backend', true],
  ['acme-corp/*', 'acme-corp/b*', true],
  ['acme-corp/*', 'acme-corp/**', false],
  ['acme-corp/**', 'acme-corp/*', true],
  ['**', 'acme-corp/*', true],
  ['**', '**', true],
  ['*', '**', false],
  ['*', 'acme-corp/backend', false],
  ['acme-corp/b*', 'acme-corp/*', false],
  ['acme-corp/*-api', 'acme-corp/billing-api', true],
  ['acme-corp/*-api', 'acme-corp/*-billing-api', true],
  ['acme-corp/*a*', 'acme-corp/*a', true],
  ['acme-corp/*a', 'acme-corp/*a*', false],
  ['a*b*', 'ab', true],
  ['#code-review', '#code-review', true],
  ['#code-*', '#code-review', true],
  ['', '', true],
  ['a', '', false],
]

describe('one glob covers another', () => {
  test.each(CASES)('%s covers %s: %s', (outer, inner, covered) => {
    expect(globCovers(outer, inner)).toBe(covered)
  })

  test('where a text without segments is meant, * and ** are the same', () => {
    expect(globCovers('*', '**', '')).toBe(true)
  })

  test('whatever a covered glob matches, the covering one matches, too', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 7 }).map((parts) => parts.join(''))
    const text = fc.array(fc.constantFrom('a', 'b', '/', 'c'), { maxLength: 7 }).map((parts) => parts.join(''))
    fc.assert(fc.property(glob, glob, text, (outer, inner, word) => {
      fc.pre(globCovers(outer, inner))
      return !compileGlob(inner)(word) || compileGlob(outer)(word)
    }), { numRuns: 3000 })
  })

  test('where it does not cover, some short text tells them apart', () => {
    const glob = fc.array(fc.constantFrom('a', '/', '*', '**'), { maxLength: 4 }).map((parts) => parts.join(''))
    const words = [...wordsUpTo(7)]
    fc.assert(fc.property(glob, glob, (outer, inner) => {
      fc.pre(!globCovers(outer, inner))
      const [takesInner, takesOuter] = [compileGlob(inner), compileGlob(outer)]
      return words.some((word) => takesInner(word) && !takesOuter(word))
    }), { numRuns: 500 })
  })

  test('globs that would take too long are told as not covered, soon', () => {
    expect(globCovers(`${'*a'.repeat(60)}*`, `${'*b'.repeat(60)}*`)).toBe(false)
  })
})

function* wordsUpTo(length: number, word = ''): Iterable<string> {
  yield word
  if (word.length < length) for (const letter of ['a', '/', 'x']) yield* wordsUpTo(length, word + letter)
}
