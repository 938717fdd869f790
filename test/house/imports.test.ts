import { describe, expect, it } from 'vitest'
import { areaOf, folderOf, sourceFiles } from './source-tree.ts'

const files = sourceFiles('src')

/** Area -> the areas it may import from. What is not listed may import nothing of ours. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  model: ['lib'],
  http: ['lib', 'model'],
  policy: ['lib', 'model', 'http', 'integrations'],
  egress: ['lib', 'model', 'integrations'],
  integrations: ['lib', 'model', 'http', 'policy', 'audit', 'store'],
  audit: ['lib', 'model'],
  store: ['lib', 'model', 'integrations'],
  sync: ['lib', 'model', 'integrations', 'audit'],
  config: ['lib', 'model', 'http', 'egress', 'integrations'],
  demo: ['lib', 'model'],
  sdk: [],
  proxy: ['lib', 'model', 'http', 'policy', 'egress', 'integrations', 'audit', 'sync'],
  // in a browser: the API's shapes, and nothing that runs
  dashboard: ['authority'],
  authority: ['lib', 'model', 'http', 'policy', 'integrations', 'audit', 'store', 'sync'],
}

/** Areas of which another may take types and ports, but no code. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = {
  policy: ['integrations'],
  dashboard: ['authority'],
  store: ['integrations'],
  integrations: ['policy'],
  egress: ['integrations'],
}

/** Only the composition root and the commands tie everything together. */
const ROOTS = new Set(['', 'cli'])

describe('who may import whom', () => {
  it('finds the source files at all', () => {
    expect(files.length).toBeGreaterThan(50)
  })

  for (const file of files.filter(({ path }) => !ROOTS.has(areaOf(path)))) {
    it(`${file.path} stays within its walls`, () => {
      const area = areaOf(file.path)
      const allowed = MAY_IMPORT[area]
      expect(allowed, `the area ${area} has no rule in MAY_IMPORT`).toBeDefined()
      for (const { path, type } of file.imports) {
        const target = areaOf(path)
        if (target === area) continue
        expect(allowed, `${file.path} imports ${path}`).toContain(target)
        if (TYPES_ONLY[area]?.includes(target)) expect(type, `${file.path} takes more than types from ${path}`).toBe(true)
      }
    })
  }

  it('keeps one stage of the proxy from importing another', () => {
    const across = files.flatMap((file) => {
      const stage = folderOf(file.path)
      if (!stage.startsWith('proxy/')) return []
      const top = stage.split('/').slice(0, 2).join('/')
      return file.imports.filter(({ path }) => folderOf(path).startsWith('proxy/') && !folderOf(path).startsWith(top)).map(({ path }) => `${file.path} -> ${path}`)
    })
    expect(across).toEqual([])
  })

  it('keeps the integrations apart from each other', () => {
    const shared = new Set(['integrations', 'integrations/matching', 'integrations/rotation'])
    const across = files.flatMap((file) => {
      const folder = folderOf(file.path)
      if (!folder.startsWith('integrations/') || shared.has(folder)) return []
      return file.imports.filter(({ path }) => {
        const target = folderOf(path)
        return target.startsWith('integrations') && !shared.has(target) && target.split('/')[1] !== folder.split('/')[1]
      }).map(({ path }) => `${file.path} -> ${path}`)
    })
    expect(across).toEqual([])
  })

  it('keeps what runs in a browser from everything of Node', () => {
    const strays = files.filter(({ path }) => areaOf(path) === 'dashboard').flatMap(({ path, packages }) => packages.filter((name) => !/^(preact(\/hooks)?|uplot)$/.test(name)).map((name) => `${path} imports ${name}`))
    expect(strays).toEqual([])
  })

  it('has no import cycle', () => {
    expect(cycles()).toEqual([])
  })
})

function cycles(): string[] {
  const graph = new Map(files.map((file) => [file.path, file.imports.map(({ path }) => path)]))
  const done = new Set<string>()
  const found: string[] = []
  const walk = (at: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(at)
    if (seen !== -1) return void found.push([...trail.slice(seen), at].join(' -> '))
    if (done.has(at)) return
    for (const next of graph.get(at) ?? []) walk(next, [...trail, at])
    done.add(at)
  }
  for (const file of graph.keys()) walk(file, [])
  return found
}
