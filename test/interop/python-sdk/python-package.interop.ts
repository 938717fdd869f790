import { cp, mkdtemp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../house/source-tree.ts'
import { startAuthorityWorld, type AuthorityWorld, type WorldBrowser } from '../../support/authority-world.ts'
import { given } from '../given.ts'
import { PACKAGE, runPython } from './python-program.ts'

const scratch = (): Promise<string> => mkdtemp(join(given('RUN'), 'python-package-'))

describe('the package for Python', () => {
  it('passes its own tests, without a warning', async () => {
    const run = await runPython(['-W', 'error', '-m', 'unittest', 'discover', '-q', '-t', PACKAGE, '-s', join(PACKAGE, 'tests')])
    expect(run.stderr).toMatch(/^-+\nRan \d{2,} tests in [\d.]+s\n\nOK\n$/)
  })

  it('is typed throughout, as its users are told, and so is the example', async () => {
    const cache = await scratch()
    const example = join(root, 'docs', 'examples', 'python-agent', 'agent.py')
    const checked = await runPython(['-m', 'mypy', '--strict', '--cache-dir', cache, join(PACKAGE, 'src', 'postern'), example])
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringMatching(/^Success: no issues found in \d{2,} source files\n$/)])
  })

  it('installs from a checkout, with its types and nothing beside them', async () => {
    const place = await scratch()
    // Away from the repository, where building leaves nothing.
    await cp(PACKAGE, join(place, 'source'), { recursive: true })
    const alone = ['-q', '--disable-pip-version-check', '--no-index', '--no-deps', '--no-build-isolation']
    const installed = await runPython(['-m', 'pip', 'install', ...alone, '--target', join(place, 'installed'), join(place, 'source')], { HOME: place })
    expect([installed.code, installed.stderr]).toEqual([0, ''])
    const sources = (await readdir(join(PACKAGE, 'src', 'postern'))).filter((name) => name !== '__pycache__')
    expect((await readdir(join(place, 'installed', 'postern'))).filter((name) => name !== '__pycache__').sort()).toEqual(sources.sort())
    expect(sources).toContain('py.typed')
    const imported = await runPython(['-c', 'import postern; print(postern.__file__)'], { PYTHONPATH: join(place, 'installed') })
    expect(imported.stdout).toContain(join(place, 'installed'))
  })
})

describe('its README', () => {
  let world: AuthorityWorld
  let alice: WorldBrowser
  beforeAll(async () => {
    world = await startAuthorityWorld()
    alice = await (await world.signedIn('alice')).connectGithub('alice-chen')
  })
  afterAll(() => world.close())

  /** Alice opens what the program wants opened, types in the code where there is one, and approves. */
  async function approve(line: string): Promise<void> {
    const [, url, code] = /^(?:open|Go to) (http\S+)(?: and type in (\S+))?$/.exec(line) ?? []
    if (url === undefined) return
    await alice.get(url)
    if (code !== undefined) {
      await alice.submit({ user_code: code })
      expect(alice.text()).toContain(code)
    }
    expect(alice.title()).toBe('Let PR Reviewer act for you?')
    await alice.submit({ answer: 'approve' })
    const onward = alice.onward()
    if (onward === undefined) throw new Error(`the answer was not taken: ${alice.status} ${alice.text()}`)
    await alice.get(new URL(onward, world.url).href)
  }

  it('has snippets that run as they stand, before the whole product', async () => {
    const places = { AUTHORITY: world.url, PROXY: `http://127.0.0.1:${world.port}`, GITHUB: `https://${world.host('github')}`, CA: world.bundle }
    const addresses = { README: join(PACKAGE, 'README.md'), ...places }
    const run = await runPython([join(root, 'test', 'interop', 'python-sdk', 'run_readme.py')], addresses, approve, await scratch())
    expect([run.code, run.stderr]).toEqual([0, ''])
    const titles = "['Draft: split the worker', 'Document the retry policy', 'Check the signature before parsing the webhook']"
    expect(run.stdout.split('\n').filter((line) => !/^(?:open|Go to|snippet) /.test(line))).toEqual([
      titles, titles,
      expect.stringContaining(`Please approve issues:write at ${world.url}/more?`),
      expect.stringMatching(/^(?:consent_required|policy_denied) .*dec_/),
      'Check the signature before parsing the webhook',
      expect.stringMatching(/^github:pull(?:_request)?s:read \d{4}-/),
      'ran 8', '',
    ])
  })
})
