import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'
import { BIN, build } from './support/built.ts'
import { postern, STACK, type Ended, type SpawnOptions } from './support/process.ts'

const USAGE = 64
const COMMANDS = [
  'start', 'login', 'logout', 'whoami', 'agent', 'delegation', 'session', 'connection', 'person', 'approval', 'break-glass', 'policy', 'audit',
]

let empty: string
beforeAll(() => {
  build()
  empty = mkdtempSync(join(tmpdir(), 'postern-empty-'))
}, 120_000)
afterAll(() => rmSync(empty, { recursive: true }))

const run = (args: readonly string[], options: Partial<SpawnOptions> = {}): Promise<Ended> => postern(args, { cwd: empty, ...options })

describe('postern', () => {
  it.each(['--version', '-V'])('%s prints the version of the package', async (flag) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(await run([flag])).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' })
  })

  it('--help names every command', async () => {
    const { code, stdout, stderr } = await run(['--help'])
    expect([...stdout.matchAll(/^ {2}([a-z-]+)(?: |$)/gm)].map(([, name]) => name)).toEqual([...COMMANDS, 'help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it.each(COMMANDS)('%s --help says how it is used', async (command) => {
    expect(await run([command, '--help'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(new RegExp(`^Usage: postern ${command} `)) })
  })

  it.each<[string, string]>([
    ['', 'Usage: postern [options] [command]'],
    ['bogus', "error: unknown command 'bogus'"],
    ['statr', "error: unknown command 'statr'\n(Did you mean start?)"],
    ['--bogus', "error: unknown option '--bogus'"],
    ['start --bogus', "error: unknown option '--bogus'"],
    ['start now', 'error: too many arguments'],
    ['start --demo --config x.yaml', 'error: --demo makes a configuration of its own; leave out --config'],
    ['start --config x.yaml --listen 127.0.0.1:1', "error: --listen is the demo's; x.yaml says where to listen in listener.address"],
    ['start --listen everywhere', "error: option '--listen <address>' argument 'everywhere' is invalid. An address has the form 127.0.0.1:8080 or [::1]:8080."],
    ['start --listen 0.0.0.0:8080', 'The demo listens on this machine alone: 127.0.0.1 or [::1].'],
    ['policy', 'Usage: postern policy [options] [command]'],
    ['policy bogus', "error: unknown command 'bogus'"],
    ['audit tail --lines many', "error: option '-n, --lines <count>' argument 'many' is invalid."],
    ['audit verify', 'error: name the log and its --key'],
    ['agent token', 'error: required option'],
  ])('%s is no command line: says why, shows the help, exit 64', async (line, why) => {
    const { code, stdout, stderr } = await run(line.split(' ').filter((word) => word !== ''))
    expect(stderr).toContain(why)
    expect(stderr).toContain('Usage: postern')
    expect(stderr).not.toMatch(STACK)
    expect({ code, stdout }).toEqual({ code: USAGE, stdout: '' })
  })
})

describe('on an older Node', () => {
  const SENTENCE = (version: string): string => `postern needs Node 24 or later; this is Node ${version}.\n`

  /** One that this machine has beside the project's own. */
  function olderNode(): { node: string; version: string } | undefined {
    for (const folder of ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)].filter((each) => !each.includes('node_modules'))) {
      try {
        const version = execFileSync(join(folder, 'node'), ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().slice(1)
        if (Number(version.split('.')[0]) < 24) return { node: join(folder, 'node'), version }
      } catch {
        // No Node in this folder.
      }
    }
    return undefined
  }

  it('says so in one sentence: exit 78', async () => {
    const older = olderNode()
    const pretended = join(empty, 'pretend.mjs')
    writeFileSync(pretended, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })\nawait import(${JSON.stringify(pathToFileURL(BIN).href)})\n`)
    const { version, options } = older === undefined
      ? { version: '20.20.2', options: { bin: pretended } }
      : { version: older.version, options: { node: older.node } }
    expect(await run(['start'], options)).toEqual({ code: 78, signal: null, stdout: '', stderr: SENTENCE(version) })
  })
})
