import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, isGlob } from '../../src/policy/globs.ts'

/** The obvious, exponential reading of a glob. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern.startsWith('**')) {
    const rest = pattern.slice(2)
    return Array.from({ length: text.length + 1 }, (_, skip) => skip).some((skip) => naive(rest, text.slice(skip)))
  }
  if (pattern.startsWith('*')) {
    const segment = text.split('/', 1)[0] ?? ''
    return Array.from({ length: segment.length + 1 }, (_, skip) => skip).some((skip) => naive(pattern.slice(1), text.slice(skip)))
  }
  return text.startsWith(pattern.charAt(0)) && naive(pattern.slice(1), text.slice(1))
}

const MATCHES: readonly [pattern: string, text: string, matches: boolean][] = [
  ['acme-corp/backend', 'acme-corp/backend', true],
  ['acme-corp/backend', 'acme-corp/backend2', false],
  ['acme-corp/*', 'acme-corp/backend', true],
  ['acme-corp/*', 'acme-corp/backend/x', false],
  ['acme-corp/*', 'acme-corp2/backend', false],
  ['acme-corp/prod-*', 'acme-corp/prod-', true],
  ['acme-corp/prod-*', 'acme-corp/product', false],
  ['*/prod-*', 'acme-corp/prod-1', true],
  ['**', 'a/b/c', true],
  ['a/**', 'a/b/c', true],
  ['a/**', 'a', false],
  ['**/c', 'a/b/c', true],
  ['a/**/c', 'a/c', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['(a+)+$', 'aaaa', false],
  ['?', 'a', false],
]

describe('compileGlob', () => {
  it.each(MATCHES)('%s on %s: %s', (pattern, text, matches) => {
    expect(compileGlob(pattern)(text)).toBe(matches)
  })

  it('lets a star cross everything where there are no segments', () => {
    expect(compileGlob('user:*@acme.com', '')('user:a/b@acme.com')).toBe(true)
    expect(compileGlob('user:*', '')('user:a/b')).toBe(true)
  })

  it('says the same as the naive reading for any pattern and text', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '**', '-'), { maxLength: 7 }).map((parts) => parts.join('').replace(/\*{3,}/g, '**'))
    const text = fc.array(fc.constantFrom('a', 'b', '/', '-'), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(fc.property(pattern, text, (glob, subject) => {
      expect(compileGlob(glob)(subject)).toBe(naive(glob, subject))
    }), { numRuns: 2000 })
  })

  it('takes time linear in the text, whatever the pattern', () => {
    const glob = compileGlob(`${'*a'.repeat(100)}b`)
    const started = performance.now()
    expect(glob('a'.repeat(20_000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it('is bounded in length', () => {
    expect(isGlob('a'.repeat(256))).toBe(true)
    expect(isGlob('a'.repeat(257))).toBe(false)
    expect(isGlob('')).toBe(false)
    expect(() => compileGlob('a'.repeat(257))).toThrow(TypeError)
  })
})
