import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'

/** There is no container engine where the tests run: what can be wrong in the text itself is looked for here. */
const lines = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ').split('\n').filter((line) => line !== '' && !line.startsWith('#'))
const instructions = lines.map((line) => ({ name: line.split(' ', 1)[0] ?? '', rest: line.slice(line.indexOf(' ') + 1).trim() }))
const all = (name: string): readonly string[] => instructions.filter((one) => one.name === name).map(({ rest }) => rest)
const only = (name: string): string => {
  const [first, ...more] = all(name)
  if (first === undefined || more.length > 0) throw new Error(`${name} does not stand there once`)
  return first
}
const copies = all('COPY').filter((rest) => !rest.startsWith('--from='))
const sources = copies.flatMap((rest) => rest.split(' ').slice(0, -1))
const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly bin: { readonly postern: string }; readonly engines: { readonly node: string } }

describe('the image', () => {
  it('copies what is there, and nothing else reaches the build', () => {
    expect(sources.length).toBeGreaterThan(5)
    expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([])
    expect(ignored[0]).toBe('*')
    expect(ignored.slice(1).toSorted()).toEqual([...new Set(sources)].map((source) => `!${source}`).toSorted())
  })

  it('builds from everything that the build script reads', () => {
    const script = readFileSync(join(root, 'scripts', 'build.ts'), 'utf8')
    for (const name of ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json']) {
      expect(script).toContain(`'${name}'`)
      expect(sources).toContain(name)
    }
  })

  it('starts the file that package.json names, on the Node that it asks for', () => {
    const [node, inspector, memory, file] = JSON.parse(only('ENTRYPOINT')) as string[]
    expect([node, inspector, memory]).toEqual(['node', '--disable-sigusr1', '--max-semi-space-size=16'])
    expect(file).toBe(`/app/${manifest.bin.postern}`)
    expect(copies.concat(all('COPY'))).toContain('--from=build /build/dist /app/dist')
    expect(manifest.engines.node).toBe('>=24')
    expect(only('ARG')).toBe('NODE_IMAGE=node:24-slim')
  })

  it('wants a configuration, so that a missing one is no demo', () => {
    expect(JSON.parse(only('CMD'))).toEqual(['start', '--config', '/etc/postern/config/postern.yaml'])
  })

  it('runs as a user who is not root, given by number, to the end', () => {
    expect(only('USER')).toBe('1000:1000')
    const after = instructions.slice(instructions.findIndex(({ name }) => name === 'USER') + 1)
    expect(after.map(({ name }) => name).filter((name) => ['RUN', 'COPY', 'ADD'].includes(name))).toEqual([])
  })

  it('asks /healthz with Node itself, since the image has no curl', () => {
    const health = only('HEALTHCHECK')
    const [node, flag, script = ''] = JSON.parse(health.slice(health.indexOf('CMD') + 3)) as string[]
    expect([node, flag]).toEqual(['node', '-e'])
    expect(script).toContain('/healthz')
    expect(() => new Script(script)).not.toThrow()
  })

  it('holds no secret: no variable but what Node and the C library read, nothing fetched', () => {
    expect(all('ENV')).toEqual(['NODE_ENV=production MALLOC_ARENA_MAX=2'])
    expect(all('ADD')).toEqual([])
  })
})
