import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Command } from 'commander'
import { agentDependencies } from '../../src/cli/agent-dependencies.ts'
import { agentCommand } from '../../src/cli/agent.ts'
import { apiDependencies } from '../../src/cli/api/api-dependencies.ts'
import { approvalCommand } from '../../src/cli/approval.ts'
import { auditDependencies } from '../../src/cli/audit-dependencies.ts'
import { auditCommand } from '../../src/cli/audit.ts'
import { breakGlassCommand } from '../../src/cli/break-glass.ts'
import { connectionCommand } from '../../src/cli/connection.ts'
import { delegationCommand } from '../../src/cli/delegation.ts'
import { loginCommand, logoutCommand, whoamiCommand } from '../../src/cli/login.ts'
import { personCommand } from '../../src/cli/person.ts'
import { policyDependencies } from '../../src/cli/policy-dependencies.ts'
import { policyCommand } from '../../src/cli/policy.ts'
import { sessionCommand } from '../../src/cli/session.ts'
import { startCommand } from '../../src/cli/start.ts'
import { root } from './source-tree.ts'

const markdownBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))

const pages = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...markdownBelow('docs'), ...markdownBelow('helm')]
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

/** The anchor that a heading gets where pages are shown. */
const anchorOf = (heading: string): string => heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-')
const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set([...readFileSync(join(root, path), 'utf8').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? '')))

function brokenLinks({ path, text }: (typeof pages)[number]): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '').filter((target) => {
    if (/^[a-z]+:/.test(target)) return false
    const [file = '', anchor] = target.split('#')
    const named = file === '' ? path : relative(root, join(root, dirname(path), file))
    if (!existsSync(join(root, named))) return true
    return anchor !== undefined && !anchorsOf(named).has(anchor)
  })
}

/** Names of files of this repository, as they stand in code spans: `src/proxy/pipeline.ts`, `docs/errors.md`. */
const NAMED = /`((?:src|test|docs|scripts|bench|helm|config|policies)\/[A-Za-z0-9_./-]+)`/g
/** Files that are the reader's to make. */
const THEIRS = new Set(['config/postern.yaml'])

describe('the pages', () => {
  it('are found', () => expect(pages.length).toBeGreaterThan(20))

  for (const page of pages) {
    it(`${page.path} links to what is there`, () => expect(brokenLinks(page)).toEqual([]))

    it(`${page.path} names files that are there`, () => {
      const missing = [...page.text.matchAll(NAMED)].map(([, file]) => file ?? '').filter((file) => !THEIRS.has(file) && !existsSync(join(root, file)))
      expect(missing).toEqual([])
    })
  }
})

describe('the decisions', () => {
  const names = readdirSync(join(root, 'docs', 'adr')).filter((name) => name !== 'README.md').toSorted()
  const index = readFileSync(join(root, 'docs', 'adr', 'README.md'), 'utf8')

  it('are all in the index, numbered without a gap', () => {
    expect([...index.matchAll(/\]\((\d{4}-[a-z0-9-]+\.md)\)/g)].map(([, name]) => name)).toEqual(names)
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, at) => at + 1))
  })

  for (const name of names) {
    const text = readFileSync(join(root, 'docs', 'adr', name), 'utf8')
    it(`${name} tells context, decision, what was considered and what follows, on a page`, () => {
      expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(['Context', 'Decision', 'Considered', 'Consequences'])
      expect(text.split(/\s+/).length).toBeLessThan(600)
    })
  }

  it('name every dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<'dependencies' | 'devDependencies', object>
    const text = readFileSync(join(root, 'docs', 'adr', '0002-dependencies.md'), 'utf8')
    const unnamed = [...Object.keys(dependencies), ...Object.keys(devDependencies)].filter((name) => !text.includes(name))
    expect(unnamed).toEqual([])
  })
})

/** What a checkpoint's signed bytes begin with: no command. */
const SIGNED_PREFIX = 'postern audit checkpoint v1'

/** A command line in the pages, up to where a comment or a redirection begins. */
const SHOWN = (names: string): RegExp => new RegExp(`(?:\`|\\$ |^|node dist/bin\\.js |, )(?:postern|node dist/bin\\.js) ((?:${names})(?![a-z-])[^\`\\n|#>]*)`, 'gm')

/** The words of a line but those in quotes, which are a value of the reader's. */
const unquoted = (line: string): readonly string[] => line.replaceAll(/"[^"]*"/g, '').split(/\s+/).filter((word) => word !== '')

describe('the commands that are shown', () => {
  const program = new Command('postern')
  const api = apiDependencies()
  const commands = [
    startCommand(), policyCommand(policyDependencies()), auditCommand(auditDependencies()), agentCommand(agentDependencies()),
    ...[loginCommand, logoutCommand, whoamiCommand, delegationCommand, sessionCommand, connectionCommand, personCommand, approvalCommand, breakGlassCommand].map((make) => make(api)),
  ]
  for (const command of commands) program.addCommand(command)
  const names = commands.map((command) => command.name()).join('|')
  const shown = pages.flatMap(({ path, text }) =>
    [...text.replaceAll(SIGNED_PREFIX, '').matchAll(SHOWN(names))].map(([, line]) => ({ path, line: line ?? '' })))

  function problemOf(line: string): string | undefined {
    const words = line.split(/\s+/).filter((word) => word !== '')
    let at: Command = program
    while (words.length > 0) {
      const next = at.commands.find((command) => command.name() === words[0])
      if (next === undefined) break
      at = next
      words.shift()
    }
    if (at.commands.length > 0) return words.length === 0 ? undefined : `${at.name()} has no command ${words[0] ?? ''}`
    const known = new Set(at.options.flatMap(({ short, long }) => [short, long]))
    const stranger = unquoted(line).find((word) => /^--?[a-z]/.test(word) && !known.has(word))
    return stranger === undefined ? undefined : `${at.name()} has no option ${stranger}`
  }

  it('are found', () => expect(shown.length).toBeGreaterThan(40))

  it('are all of those that ask the authority', () => {
    const told = new Set(shown.map(({ line }) => line.split(/\s+/, 1)[0]))
    expect(commands.map((command) => command.name()).filter((name) => !told.has(name))).toEqual([])
  })

  it('exist, with their options', () => {
    expect(shown.flatMap(({ path, line }) => {
      const problem = problemOf(line)
      return problem === undefined ? [] : [`${path}: postern ${line}: ${problem}`]
    })).toEqual([])
  })

  it('of npm exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> }
    const named = pages.flatMap(({ text }) => [...text.matchAll(/npm run ([a-z0-9:]+)/g)].map(([, name]) => name ?? ''))
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
    for (const name of ['start', 'test']) expect(scripts).toHaveProperty(name)
  })
})

describe('the README', () => {
  const { text } = pages.find(({ path }) => path === 'README.md') ?? { text: '' }

  it('begins with the two commands', () => {
    const commands = [...text.matchAll(/^```\n(npm [^\n]+)\n```$/gm)].map(([, command]) => command)
    expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test'])
  })
})

describe('the metrics that are documented', () => {
  it('are those that there are', () => {
    const text = readFileSync(join(root, 'docs', 'operating.md'), 'utf8')
    const documented = new Set([...text.matchAll(/`(postern_[a-z_]+)/g)].map(([, name]) => name ?? ''))
    const sources = ['metrics.ts', 'duration-text.ts'].map((name) => readFileSync(join(root, 'src', 'proxy', 'operations', name), 'utf8')).join('\n')
    const real = new Set([...sources.matchAll(/'(postern_[a-z_]+)'/g)].map(([, name]) => name ?? ''))
    expect(documented).toEqual(real)
  })
})

describe('the events that are documented', () => {
  it('are all of those that there are', () => {
    const page = readFileSync(join(root, 'docs', 'audit.md'), 'utf8')
    const real = [...readFileSync(join(root, 'src', 'audit', 'event.ts'), 'utf8').matchAll(/'([a-z]+\.[a-z_]+)'/g)].map(([, event]) => event ?? '')
    expect(real.length).toBeGreaterThan(40)
    expect(real.filter((event) => !page.includes(`\`${event}\``))).toEqual([])
  })
})

describe('the requirements of docs/oauth.md', () => {
  const page = readFileSync(join(root, 'docs', 'oauth.md'), 'utf8')
  const table = page.slice(page.indexOf('## Requirement, standard, test'))
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| requirement ')).map((line) => line.split(' | '))

  it('are found', () => expect(rows.length).toBeGreaterThan(20))

  for (const [requirement = '', , tests = ''] of rows) {
    it(`names tests that hold it: ${requirement.slice(2)}`, () => {
      const named = [...tests.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, file]) => file ?? '')
      expect(named.length).toBeGreaterThan(0)
      for (const file of named) expect(readFileSync(join(root, file), 'utf8')).toMatch(/\bexpect\(/)
    })
  }
})
