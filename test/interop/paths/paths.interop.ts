import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acceptedPaths, comparePaths } from './compare-paths.ts'
import type { PathReader } from './reader.ts'
import { openReaders } from './readers.ts'

const PATHS = 3_000
let readers: readonly PathReader[]
beforeAll(async () => { readers = await openReaders() })
afterAll(async () => { for (const reader of readers) await reader.close() })

describe('a path that Postern accepts', () => {
  it('is read by nginx, haproxy, Go and Python as the segments that were judged', async () => {
    for (const reader of readers) {
      const { different, asked } = await comparePaths(reader, PATHS, 7)
      expect([reader.name, different]).toEqual([reader.name, []])
      expect(asked).toBe(PATHS)
    }
  })

  it('is one of many kinds: those with escapes, opaque ones, dots and semicolons among them', () => {
    const paths = acceptedPaths(PATHS, 7)
    for (const kind of [/%20/, /%2[fF]/, /%25/, /;/, /\/\.[a-z]/, /%[cC]3/, /\.\./]) expect(paths.filter((path) => kind.test(path)).length).toBeGreaterThan(20)
  })

  it('would not be, were it not judged: some of those readers take others for another path', async () => {
    const refused = ['/a/../b', '/a//b', '/a/./b', '/a/%2e%2e/b', '/a%2f..%2fb']
    const changed = await Promise.all(readers.map(async (reader) => (await reader.read(refused)).filter((reading, at) => reading !== refused[at]).length))
    expect(changed.filter((count) => count > 0).length).toBeGreaterThan(1)
  })
})
