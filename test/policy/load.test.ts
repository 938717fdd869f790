import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatProblem, SourceError } from '../../src/lib/source-position.ts'
import { hashOf } from '../../src/policy/directory.ts'
import { loadPolicies } from '../../src/policy/load.ts'
import { WatchedPolicies, type PolicyEvent } from '../../src/policy/watch.ts'
import { input, vocabularies } from './fixtures.ts'

const ORG = 'policy: org\ndefault: allow\n'
const BOT = 'policy: agent\nagent: agent:bot\nrules:\n  - {id: all, allow: {integration: github}}\n'
const DENY = `${BOT}  - {id: no, deny: {integration: github}, because: Closed.}\n`

let directory = ''
beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'policies-')) })
afterEach(() => rm(directory, { recursive: true, force: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
}

async function problems(): Promise<string> {
  try {
    await loadPolicies(directory, vocabularies)
  } catch (error) {
    if (error instanceof SourceError) return error.problems.map(formatProblem).join('\n').replaceAll(`${directory}/`, '')
    throw error
  }
  return ''
}

describe('loadPolicies', () => {
  it('loads every yaml file, all their documents, and nothing else', async () => {
    await write({ 'org.yaml': `${ORG}---\n${BOT}---\n`, 'more.yml': BOT.replace('bot', 'other'), 'notes.txt': 'not: [yaml', '.hidden.yaml': 'policy: no' })
    const { documents, snapshot } = await loadPolicies(directory, vocabularies)
    expect(documents.map(({ text }) => (text.policy === 'org' ? 'org' : text.agent))).toEqual(['agent:other', 'org', 'agent:bot'])
    expect(snapshot.hash).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(snapshot.evaluate(input()).policyHash).toBe(snapshot.hash)
    expect(snapshot.evaluate(input()).effect).toBe('allow')
  })

  it('tells every problem of every file', async () => {
    await write({ 'a.yaml': 'policy: org\ndefalt: allow\n', 'b.yaml': 'policy: [\n', 'c.yaml': 'policy: &x org\n' })
    const told = await problems()
    expect(told).toContain('a.yaml:2:1: defalt: the key `defalt` is not known here; expected: `default`')
    expect(told).toContain('b.yaml:')
    expect(told).toContain('c.yaml:1:12: policy: an anchor is not accepted')
  })

  it.each([
    ['no file', {}, 'the directory holds no policy file'],
    ['no org policy', { 'bot.yaml': BOT }, 'there is no organisation policy'],
    ['a file that is empty, as one is that is just being written', { 'org.yaml': ORG, 'bot.yaml': '' }, 'bot.yaml:1:1: the file holds no policy'],
    ['a file that is too large', { 'org.yaml': `${ORG}#${'x'.repeat(262_144)}` }, 'the file is larger than 262144 bytes'],
  ])('refuses a directory with %s', async (_name, files, problem) => {
    await write(files)
    expect(await problems()).toContain(problem)
  })

  it('refuses a file that is not UTF-8', async () => {
    await writeFile(join(directory, 'org.yaml'), Buffer.from([0x70, 0x3a, 0x20, 0xff]))
    expect(await problems()).toContain('org.yaml:1:1: the file is not UTF-8')
  })

  it('refuses a directory that is not there, and links that lead nowhere', async () => {
    await write({ 'org.yaml': ORG })
    await symlink(join(directory, 'gone'), join(directory, 'bot.yaml'))
    expect(await problems()).toContain('bot.yaml:1:1: the file cannot be read (ENOENT)')
    await rm(directory, { recursive: true })
    expect(await problems()).toContain('the directory cannot be read (ENOENT)')
  })

  it('reads a mounted ConfigMap once', async () => {
    await mkdir(join(directory, '..2026_1'))
    await writeFile(join(directory, '..2026_1', 'org.yaml'), `${ORG}---\n${BOT}`)
    await symlink('..2026_1', join(directory, '..data'))
    await symlink('..data/org.yaml', join(directory, 'org.yaml'))
    expect((await loadPolicies(directory, vocabularies)).documents).toHaveLength(2)
  })
})

describe('hashOf', () => {
  const file = (name: string, text: string) => ({ name, path: name, bytes: Buffer.from(text) })

  it('changes with every name and byte, and not with the order', () => {
    const hashes = [
      [file('a', '1'), file('b', '2')], [file('a', '1'), file('b', '3')], [file('a', '1'), file('c', '2')], [file('a', '1b2')], [file('a1', ''), file('b', '2')],
    ].map(hashOf)
    expect(new Set(hashes).size).toBe(5)
    expect(hashOf([file('b', '2'), file('a', '1')])).toBe(hashes[0])
  })
})

/** Collects events and hands out the next one that has not been seen. */
class Events {
  readonly #seen: PolicyEvent[] = []
  #waiting: ((event: PolicyEvent) => void) | undefined

  readonly push = (event: PolicyEvent): void => {
    if (this.#waiting === undefined) this.#seen.push(event)
    else this.#waiting(event)
    this.#waiting = undefined
  }

  next(): Promise<PolicyEvent> {
    const event = this.#seen.shift()
    if (event !== undefined) return Promise.resolve(event)
    return new Promise((resolve) => { this.#waiting = resolve })
  }

  get pending(): number {
    return this.#seen.length
  }
}

describe('WatchedPolicies', () => {
  let events = new Events()
  let watched: WatchedPolicies | undefined
  const open = async () => {
    events = new Events()
    watched = await WatchedPolicies.open({ directory, vocabularies, onEvent: events.push, settleMs: 20, pollMs: 60_000 })
    return watched
  }
  afterEach(() => watched?.close())

  it('loads what changed, and says so with both hashes', async () => {
    await write({ 'org.yaml': ORG, 'bot.yaml': BOT })
    const policies = await open()
    const before = policies.snapshot
    await write({ 'bot.yaml': DENY })
    const event = await events.next()
    expect(event).toEqual({ kind: 'loaded', hash: policies.snapshot.hash, previousHash: before.hash })
    expect(policies.snapshot.evaluate(input()).effect).toBe('deny')
    expect(before.evaluate(input()).effect).toBe('allow')
  })

  it('takes a set that was just loaded as it is, unless the directory has changed since', async () => {
    await write({ 'org.yaml': ORG, 'bot.yaml': BOT })
    const loaded = await loadPolicies(directory, vocabularies)
    const options = { directory, vocabularies, onEvent: () => undefined, pollMs: 60_000 }
    watched = await WatchedPolicies.open(options, loaded)
    expect(watched.loaded).toBe(loaded)
    watched.close()
    await write({ 'bot.yaml': DENY })
    watched = await WatchedPolicies.open(options, loaded)
    expect(watched.loaded).not.toBe(loaded)
    expect(watched.snapshot.evaluate(input()).effect).toBe('deny')
  })

  it('keeps the last good set where the new one cannot be used, and recovers', async () => {
    await write({ 'org.yaml': ORG, 'bot.yaml': BOT })
    const policies = await open()
    const { hash } = policies.snapshot
    await write({ 'bot.yaml': 'policy: agent\nagent: agent:bot\nrulez: []\n' })
    const event = await events.next()
    expect(event).toMatchObject({ kind: 'rejected', hash, problems: [{ line: 3, column: 1, path: 'rulez' }] })
    expect(policies.snapshot.hash).toBe(hash)
    await write({ 'bot.yaml': DENY })
    expect((await events.next()).kind).toBe('loaded')
  })

  it('sees the swap of links by which a ConfigMap changes', async () => {
    for (const [name, text] of [['..1', BOT], ['..2', DENY]] as const) {
      await mkdir(join(directory, name))
      await writeFile(join(directory, name, 'all.yaml'), `${ORG}---\n${text}`)
    }
    await symlink('..1', join(directory, '..data'))
    await symlink('..data/all.yaml', join(directory, 'all.yaml'))
    const policies = await open()
    expect(policies.snapshot.evaluate(input()).effect).toBe('allow')
    await symlink('..2', join(directory, '..data_tmp'))
    await rename(join(directory, '..data_tmp'), join(directory, '..data'))
    expect((await events.next()).kind).toBe('loaded')
    expect(policies.snapshot.evaluate(input()).effect).toBe('deny')
  })

  it('tells the same refused set once, and nothing of a set that did not change', async () => {
    await write({ 'org.yaml': ORG, 'bot.yaml': BOT })
    const policies = await open()
    await policies.reload()
    await rm(join(directory, 'org.yaml'))
    await policies.reload()
    await policies.reload()
    expect((await events.next()).kind).toBe('rejected')
    expect(events.pending).toBe(0)
  })

  it('says nothing any more once it is closed', async () => {
    await write({ 'org.yaml': ORG, 'bot.yaml': BOT })
    const policies = await open()
    policies.close()
    await write({ 'bot.yaml': DENY })
    await policies.reload()
    expect(events.pending).toBe(0)
    expect(policies.snapshot.evaluate(input()).effect).toBe('allow')
  })

  it('does not start without a set that can be used', async () => {
    await write({ 'bot.yaml': BOT })
    await expect(open()).rejects.toBeInstanceOf(SourceError)
  })
})
