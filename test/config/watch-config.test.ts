import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ConfigWatch } from '../../src/config/watch-config.ts'
import type { ConfigEvent } from '../../src/config/watch-config.ts'
import { ConfigFolder, SMALL, small } from './fixture.ts'

let folder: ConfigFolder
let events: ConfigEvent[]
let watching: ConfigWatch | undefined

beforeEach(async () => {
  folder = await ConfigFolder.make()
  events = []
})

afterEach(async () => {
  watching?.close()
  watching = undefined
  await folder.remove()
})

async function watchIt(file = folder.file): Promise<ConfigWatch> {
  const { text } = await folder.load()
  watching = new ConfigWatch({ file, running: text, onEvent: (event) => events.push(event), settleMs: 10, env: folder.env, baseDirectory: folder.path })
  await watching.reload()
  return watching
}

const REVOKED = small('agent:deployer', 'agent:deployer\n    status: revoked')

describe('a changed configuration', () => {
  test('applies agents and revoked at once, told by the folder alone', async () => {
    await watchIt()
    await writeFile(`${folder.file}.new`, `${REVOKED}\nrevoked: { delegations: [dlg_1], sessions: [ses_1] }\n`)
    await rename(`${folder.file}.new`, folder.file)
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 5000, interval: 10 })
    expect(events[0]).toMatchObject({
      kind: 'changed', agents: [{ id: 'agent:pr-reviewer', status: 'active' }, { id: 'agent:deployer', name: 'deployer', status: 'revoked' }],
      revoked: { delegations: ['dlg_1'], sessions: ['ses_1'] }, needsRestart: [],
    })
  })

  test('is seen where a ConfigMap swaps its link', async () => {
    const mount = join(folder.path, 'mount')
    await mkdir(join(mount, '..one'), { recursive: true })
    await mkdir(join(mount, '..two'))
    await writeFile(join(mount, '..one', 'postern.yaml'), SMALL)
    await writeFile(join(mount, '..two', 'postern.yaml'), REVOKED)
    await symlink('..one', join(mount, '..data'))
    await symlink('..data/postern.yaml', join(mount, 'postern.yaml'))
    await watchIt(join(mount, 'postern.yaml'))
    await symlink('..two', join(mount, '..data_tmp'))
    await rename(join(mount, '..data_tmp'), join(mount, '..data'))
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 5000, interval: 10 })
    expect(events[0]).toMatchObject({ kind: 'changed', agents: [{}, { status: 'revoked' }] })
  })

  test('has the store’s new keys read, without a restart', async () => {
    await watchIt()
    await folder.place('next-key', 'the next key')
    await folder.write(small('{ key: { env: STORE_KEY } }', `{ key: { file: ${folder.path}/next-key }, previous_keys: [{ env: STORE_KEY }] }`))
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 5000, interval: 10 })
    const [event] = events
    expect(event).toMatchObject({ kind: 'changed', needsRestart: [] })
    expect(event?.kind === 'changed' && event.storeKeys?.map((key) => key.reveal())).toEqual(['the next key', 'store-secret'])
  })

  test('with a store key that cannot be read changes nothing', async () => {
    await watchIt()
    await folder.write(small('{ key: { env: STORE_KEY } }', `{ key: { file: ${folder.path}/no-such-key } }`))
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 5000, interval: 10 })
    expect(events[0]).toMatchObject({ kind: 'rejected', problems: [{ path: 'store.key' }] })
  })

  test('says which other sections need a restart, and goes on saying it', async () => {
    const watch = await watchIt()
    await folder.write(`${SMALL}\naudit: { mode: relaxed }\noperations: { token: { env: STORE_KEY } }\n`)
    await watch.reload()
    await folder.write(`${REVOKED}\naudit: { mode: relaxed }\n`)
    await watch.reload()
    expect(events).toMatchObject([
      { kind: 'changed', agents: [{}, { status: 'active' }], needsRestart: ['operations', 'audit'] },
      { kind: 'changed', agents: [{}, { status: 'revoked' }], needsRestart: ['audit'] },
    ])
  })

  test('that says the same in other words is no event', async () => {
    const watch = await watchIt()
    await folder.write(`# a comment\n${SMALL}\nrevoked: { delegations: [] }\n`)
    await watch.reload()
    expect(events).toEqual([])
  })

  test('does not follow references: what a restart needs is the restart’s business', async () => {
    const watch = await watchIt()
    await folder.write(REVOKED.replace('TICKETS_KEY', 'NOT_SET'))
    await watch.reload()
    expect(events).toMatchObject([{ kind: 'changed', needsRestart: ['integrations'] }])
  })
})

describe('a configuration that turned bad', () => {
  test.each([
    ['has an unknown key', `${SMALL}\nagent: []\n`, /agent/],
    ['is cut off', SMALL.slice(0, 60), /./],
    ['is empty', '', /the file is empty/],
    ['breaks a rule over several keys', small('agent:deployer', 'agent:pr-reviewer'), /the same `id`/],
  ])('changes nothing and is told once: it %s', async (_, text, problem) => {
    const watch = await watchIt()
    await folder.write(text)
    await watch.reload()
    await watch.reload()
    expect(events).toMatchObject([{ kind: 'rejected', problems: expect.arrayContaining([expect.objectContaining({ problem: expect.stringMatching(problem) })]) }])
  })

  test('is forgotten when it is repaired, also where it had gone', async () => {
    const watch = await watchIt()
    await unlink(folder.file)
    await watch.reload()
    await folder.write(SMALL)
    await watch.reload()
    await unlink(folder.file)
    await watch.reload()
    await folder.write(REVOKED)
    await watch.reload()
    expect(events.map(({ kind }) => kind)).toEqual(['rejected', 'rejected', 'changed'])
  })
})

test('a change that came between load and watch is not lost', async () => {
  const { text } = await folder.load()
  await folder.write(REVOKED)
  watching = new ConfigWatch({ file: folder.file, running: text, onEvent: (event) => events.push(event) })
  await watching.reload()
  expect(events).toMatchObject([{ kind: 'changed', agents: [{}, { status: 'revoked' }] }])
})

test('after close nothing is told', async () => {
  const watch = await watchIt()
  watch.close()
  await folder.write(REVOKED)
  await watch.reload()
  expect(events).toEqual([])
})

test('where no change is told, the file is read at its pace', async () => {
  const { text } = await folder.load()
  const waiting: (() => void)[] = []
  const timers = { after: (delayMs: number, work: () => void) => { if (delayMs === 777) waiting.push(work); return () => undefined } }
  watching = new ConfigWatch({ file: folder.file, running: text, onEvent: (event) => events.push(event), timers, pollMs: 777 })
  await watching.reload()
  await folder.write(REVOKED)
  waiting.shift()?.()
  await watching.reload()
  expect(events).toMatchObject([{ kind: 'changed' }])
  expect(waiting).toHaveLength(1)
})
