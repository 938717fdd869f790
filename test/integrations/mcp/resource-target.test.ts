import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resourceTarget } from '../../../src/integrations/mcp/resource-target.ts'

describe('the target that a URI is', () => {
  it.each([
    'file:///public/readme.md', 'https://docs.acme.com/a/b?page=2', 'repo://acme/backend', 'repo://acme', 'urn:isbn:0451450523', 'note://box/a%20b/c%C3%A4',
    'db://localhost:5432/x', 'file:///',
  ])('is %s itself', (uri) => {
    expect(resourceTarget(uri)).toEqual({ kind: 'named', names: [uri] })
  })

  it.each([
    ['a dot segment', 'file:///public/../secret'],
    ['an encoded dot segment', 'file:///public/%2e%2e/secret'],
    ['a dot segment encoded twice', 'file:///public/%252e%252e/secret'],
    ['an encoded slash', 'file:///public%2Fsecret'],
    ['an encoded per cent', 'file:///public%25'],
    ['a backslash', 'file:///public\\..\\secret'],
    ['an encoded backslash', 'file:///public/%5Csecret'],
    ['an empty segment', 'file:////secret/key'],
    ['an empty segment inside', 'file:///public//secret'],
    ['an upper-case scheme', 'FILE:///secret/key'],
    ['an upper-case host', 'https://ACME.com/'],
    ['a user', 'https://a@b.com/'],
    ['a fragment', 'file:///public/a#b'],
    ['a letter of another script', 'file:///pubłic'],
    ['an encoded letter', 'file:///%73ecret'],
    ['an encoded character that needs no encoding', 'file:///a%28b%29'],
    ['an encoding in lower case', 'file:///c%c3%a4'],
    ['an encoded query', 'https://a.com/?p=%2e'],
    ['white space', 'file:///public /a'],
    ['no scheme', '/etc/passwd'],
    ['nothing', ''],
    ['no text', 7],
    ['too much', `file:///${'x'.repeat(3_000)}`],
  ])('cannot be told with %s', (_what, uri) => {
    expect(resourceTarget(uri)).toMatchObject({ kind: 'unresolved' })
  })

  it('is, where it is told, what the URL parser of browsers reads as well', () => {
    const part = fc.constantFrom('a', 'B', '.', '..', '/', '%2e', '%2F', '%20', '\\', '?', '#', ':', '@', 'ä', '-', ' ')
    fc.assert(fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const uri = `https://h.com/${parts.join('')}`
      const target = resourceTarget(uri)
      if (target.kind === 'named') expect(new URL(uri).href).toBe(uri)
    }))
  })
})
