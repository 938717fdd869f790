import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'
import { build } from './support/built.ts'
import { cleanEnv, postern, PosternProcess } from './support/process.ts'

describe('scripts/build.ts', () => {
  let tree: string
  const at = (name: string): string => join(tree, name)
  const put = (name: string, text: string): void => {
    mkdirSync(join(at(name), '..'), { recursive: true })
    writeFileSync(at(name), text)
  }

  /** A checkout with four sources of its own and everything else as it is here. */
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'postern-build-'))
    for (const name of ['scripts/build.ts', 'scripts/dashboard-bundle.ts', 'scripts/server-bundle.ts', 'src/lib/exclusive-lock.ts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) {
      cpSync(join(root, name), at(name), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), at('node_modules'))
    put('src/bin.ts', "import { one } from './one.ts'\nprocess.stdout.write(`${one}\\n`)\n")
    put('src/one.ts', 'export const one = 1\n')
    put('src/data/table.json', '{}')
    put('src/dashboard/main.tsx', "document.title = 'one'\n")
  })
  afterEach(() => rmSync(tree, { recursive: true }))

  async function runBuild(...args: readonly string[]): Promise<{ code: number | null; text: string }> {
    const child = spawn(process.execPath, [at('scripts/build.ts'), ...args], { cwd: tmpdir(), env: cleanEnv() })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, text }
  }

  const output = (): string => execFileSync(process.execPath, [at('dist/bin.js')], { encoding: 'utf8' })
  const builtAt = (): number => statSync(at('dist')).ino
  /** Whether a stale build was seen as one. */
  async function rebuilds(): Promise<boolean> {
    const before = builtAt()
    expect(await runBuild('--if-stale')).toEqual({ code: 0, text: '' })
    return builtAt() !== before
  }

  it('builds sources and assets, then only what changed in content', async () => {
    expect(await runBuild('--if-stale')).toEqual({ code: 0, text: '' })
    expect([output(), existsSync(at('dist/data/table.json')), statSync(at('dist/bin.js')).mode & 0o111]).toEqual(['1\n', true, 0o111])
    utimesSync(at('src/one.ts'), new Date(), new Date())
    expect(await rebuilds()).toBe(false)
    put('src/one.ts', 'export const one = 2\n')
    utimesSync(at('src/one.ts'), 0, 0)
    expect([await rebuilds(), output()]).toEqual([true, '2\n'])
    put('src/data/table.json', '{ "a": 1 }')
    expect([await rebuilds(), readFileSync(at('dist/data/table.json'), 'utf8')]).toEqual([true, '{ "a": 1 }'])
    put('src/dashboard/main.tsx', "document.title = 'two'\n")
    const script = (): string => (JSON.parse(readFileSync(at('dist/dashboard/manifest.json'), 'utf8')) as { script: string }).script
    const before = script()
    expect([await rebuilds(), script() === before, existsSync(at(`dist/dashboard/${script()}`))]).toEqual([true, false, true])
    rmSync(at('src/data'), { recursive: true })
    expect([await rebuilds(), existsSync(at('dist/data'))]).toEqual([true, false])
    writeFileSync(at('package-lock.json'), `${readFileSync(at('package-lock.json'), 'utf8')}\n`)
    expect(await rebuilds()).toBe(true)
  }, 60_000)

  it('leaves the last good build where this one fails, and none of its own', async () => {
    await runBuild()
    put('src/one.ts', "export const one: number = 'two'\n")
    const { code, text } = await runBuild('--if-stale')
    expect([code, text]).toEqual([expect.any(Number), expect.stringContaining('src/one.ts(1,14): error')])
    expect(code).not.toBe(0)
    expect(output()).toBe('1\n')
    expect(readdirSync(tree).filter((name) => name.startsWith('.dist-'))).toEqual(['.dist-lock'])
    rmSync(at('dist'), { recursive: true })
    await runBuild('--if-stale')
    expect(existsSync(at('dist'))).toBe(false)
  }, 60_000)

  it('is done once where several ask at once, also after one that was killed', async () => {
    mkdirSync(at('.dist-new/half'), { recursive: true })
    const all = await Promise.all([runBuild('--if-stale'), runBuild('--if-stale')])
    expect(all).toEqual([{ code: 0, text: '' }, { code: 0, text: '' }])
    expect([output(), existsSync(at('dist/half'))]).toEqual(['1\n', false])
  }, 60_000)

  it('says in one sentence that nothing is installed', async () => {
    rmSync(at('node_modules'))
    expect(await runBuild()).toEqual({ code: 1, text: 'The build failed: the compiler is not installed: run "npm ci" first\n' })
  })
})

describe('the package', () => {
  let folder: string
  beforeAll(() => {
    build()
    folder = mkdtempSync(join(tmpdir(), 'postern-package-'))
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  it('holds all that a command needs, and runs from any directory', async () => {
    // What `npm pack` makes, unpacked where `npm install` would put it, with the dependencies that it declares and no others.
    const npm = { cwd: root, encoding: 'utf8' as const, env: cleanEnv({ npm_config_cache: join(folder, 'cache'), npm_config_offline: 'true', npm_config_update_notifier: 'false' }) }
    const [{ filename = '' } = {}] = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], npm)) as { filename?: string }[]
    execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder])
    const bin = join(folder, 'package', 'dist', 'bin.js')
    symlinkSync(join(root, 'node_modules'), join(folder, 'package', 'node_modules'))
    const needed = ['dist/program/yaml-document-worker.js', 'dist/program/worker.js', 'dist/program/LICENSES.txt', 'dist/sdk/index.js', 'dist/sdk/mcp/index.d.ts', 'config/postern.example.yaml', 'policies/org.yaml']
    expect(needed.filter((name) => !existsSync(join(folder, 'package', name)))).toEqual([])
    expect(['src', 'dist/program/cache'].filter((name) => existsSync(join(folder, 'package', name)))).toEqual([])
    expect((await postern(['--version'], { cwd: folder, bin })).code).toBe(0)
    const tested = await postern(['policy', 'test', join(folder, 'package/policies')], { cwd: folder, bin })
    expect(tested).toMatchObject({ code: 0, stdout: expect.stringMatching(/ passed, 0 failed, /) })
    expect(statSync(bin).mode & 0o111).toBe(0o111)
    const demo = new PosternProcess(['start', '--listen', '127.0.0.1:0'], { cwd: folder, bin })
    await demo.says(/The audit, as it happens:/, 'stdout')
    await demo.kill()
  }, 60_000)
})
