import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { newId } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { KEY_A, KEY_B, temporaryFolder, temporaryStore } from './temporary-store.ts'

const CANARY = 'xoxe-1-canary-of-the-refresh-token'
const TOKENS = { accessToken: new Secret(`${CANARY}-access`), accessExpiresAtMs: 1, refreshToken: new Secret(CANARY) }
const DRAFT = { integration: 'slack', owner: 'organisation', label: 'bot', scopes: [], tokens: TOKENS, imported: [] } as const

function opening(path: string, keys: readonly [Secret, ...Secret[]] = [KEY_A]) {
  return openSqliteStore({ path, keys, busyTimeoutMs: 50 })
}

async function used(): Promise<string> {
  const { store, path } = await temporaryStore()
  await store.connections.create(DRAFT)
  await store.close()
  return path
}

describe('the store’s file', () => {
  it('shows a thief no secret, neither in the database nor in its log', async () => {
    const { store, path } = await temporaryStore()
    await store.connections.create(DRAFT)
    await store.liveCredentials.add({ id: newId('crd'), integration: 'github', secret: new Secret(`${CANARY}-live`), expiresAtMs: 5 })
    const files = readdirSync(dirname(path))
    expect(files).toContain('store.db-wal')
    const bytes = Buffer.concat(files.map((file) => readFileSync(join(dirname(path), file))))
    expect(bytes.includes('organisation')).toBe(true)
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64').slice(0, 24), Buffer.from(CANARY).toString('hex')]) {
      expect(bytes.includes(form)).toBe(false)
    }
    expect(bytes.includes(Buffer.from('a1'.repeat(31), 'hex'))).toBe(false)
  })

  it('can be read by its owner only, its log too', async () => {
    const { store, path } = await temporaryStore()
    await store.connections.create(DRAFT)
    for (const file of readdirSync(dirname(path))) expect([file, statSync(join(dirname(path), file)).mode & 0o777]).toEqual([file, 0o600])
  })

  it('lies in a folder of its owner only where the folder was missing', async () => {
    const path = join(temporaryFolder(), 'state', 'deep', 'store.db')
    const store = await opening(path)
    onTestFinished(() => store.close())
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  it('is missed when it was removed under the open store: nothing is called durable that nobody would find again', async () => {
    const { store, path } = await temporaryStore()
    const folder = dirname(path)
    const add = (): Promise<void> => store.liveCredentials.add({ id: newId('crd'), integration: 'github', secret: new Secret('t'), expiresAtMs: 5 })
    await add()
    renameSync(folder, `${folder}-away`)
    await expect(add()).rejects.toMatchObject({ code: 'store_unreachable', message: expect.stringContaining('was removed or replaced') })
    mkdirSync(folder)
    writeFileSync(path, '')
    await expect(add()).rejects.toMatchObject({ code: 'store_unreachable' })
    rmSync(folder, { recursive: true })
    renameSync(`${folder}-away`, folder)
    await add()
    expect(await store.liveCredentials.list()).toHaveLength(2)
  })

  it('may lie in a folder that a link leads to', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'real'), { mode: 0o700 })
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    await (await opening(join(folder, 'link', 'store.db'))).close()
    expect(statSync(join(folder, 'real', 'store.db')).isFile()).toBe(true)
  })

  it('gives no secret to a row that another row was copied over', async () => {
    const path = await used()
    const database = new DatabaseSync(path)
    database.exec('UPDATE connections SET access_token = refresh_token')
    database.close()
    const store = await opening(path)
    onTestFinished(() => store.close())
    await expect(store.connections.list()).rejects.toMatchObject({ code: 'store_value_damaged' })
  })

  it('loses the group’s rights, which Kubernetes gives at each mount', async () => {
    const path = await used()
    chmodSync(path, 0o660)
    await (await opening(path)).close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})

describe('the key of the store', () => {
  it('is found wrong at the start, also where nothing is stored yet', async () => {
    const { store, path } = await temporaryStore()
    await store.close()
    await expect(opening(path, [KEY_B])).rejects.toMatchObject({ code: 'store_key_wrong', message: expect.stringMatching(/not among the keys given: configure that key/) })
  })

  it('is replaced by putting a new one first; then the old one is needed no more', async () => {
    const path = await used()
    await (await opening(path, [KEY_B, KEY_A])).close()
    const store = await opening(path, [KEY_B])
    onTestFinished(() => store.close())
    expect((await store.connections.list())[0]?.tokens.refreshToken?.reveal()).toBe(CANARY)
    await expect(opening(path, [KEY_A])).rejects.toMatchObject({ code: 'store_key_wrong' })
  })
})

describe('a store that cannot be used', () => {
  it.each<[string, (folder: string) => string, string, RegExp]>([
    ['a link', (folder) => {
      writeFileSync(join(folder, 'real.db'), '', { mode: 0o600 })
      symlinkSync(join(folder, 'real.db'), join(folder, 'store.db'))
      return join(folder, 'store.db')
    }, 'store_path_unsafe', /a link.*: a plain file/],
    ['readable by everybody', (folder) => {
      writeFileSync(join(folder, 'store.db'), '', { mode: 0o600 })
      chmodSync(join(folder, 'store.db'), 0o644)
      return join(folder, 'store.db')
    }, 'store_path_unsafe', /read by everybody: chmod 600/],
    ['in a folder that everybody can write', (folder) => {
      mkdirSync(join(folder, 'open'))
      chmodSync(join(folder, 'open'), 0o777)
      return join(folder, 'open', 'store.db')
    }, 'store_path_unsafe', /written by everybody: chmod o-w/],
    ['below a file', (folder) => {
      writeFileSync(join(folder, 'file'), '')
      return join(folder, 'file', 'store.db')
    }, 'store_unreachable', /cannot be created or read \(E[A-Z]+\): make its folder writable/],
    ['a folder', (folder) => {
      mkdirSync(join(folder, 'store.db'))
      return join(folder, 'store.db')
    }, 'store_path_unsafe', /no plain file/],
    ['another kind of file', (folder) => {
      writeFileSync(join(folder, 'store.db'), 'this is a text of some length, and certainly not a database\n'.repeat(40), { mode: 0o600 })
      return join(folder, 'store.db')
    }, 'store_corrupt', /is not a Postern store: name another path/],
  ])('because it is %s says so in one sentence', async (_, make, code, message) => {
    await expect(opening(make(temporaryFolder()))).rejects.toMatchObject({ name: 'StoreError', code, message: expect.stringMatching(message) })
  })

  it('because it is damaged says so', async () => {
    const path = await used()
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xff, 4096, bytes.length), { mode: 0o600 })
    await expect(opening(path)).rejects.toMatchObject({ code: 'store_corrupt', message: expect.stringMatching(/damaged: restore it from a backup/) })
  })

  it('because another process holds it says so', async () => {
    const { store, path } = await temporaryStore({ busyTimeoutMs: 50 })
    const holder = new DatabaseSync(path)
    onTestFinished(() => holder.close())
    holder.exec('BEGIN EXCLUSIVE')
    await expect(store.connections.create(DRAFT)).rejects.toMatchObject({ code: 'store_locked', message: expect.stringMatching(/held by another process: stop/) })
    holder.exec('ROLLBACK')
    expect((await store.connections.create(DRAFT)).state).toBe('active')
  })

  it('because it is full says so, keeps what it has, and goes on when there is room', async () => {
    const { store } = await temporaryStore({ maxBytes: 512 * 1024 })
    const kept: string[] = []
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 400; n++) {
        const id = newId('crd')
        await store.liveCredentials.add({ id, integration: 'github', secret: new Secret('x'.repeat(2000)), expiresAtMs: n })
        kept.push(id)
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'store_full', message: expect.stringMatching(/full at .*: make room; nothing that was stored is lost/) })
    const listed = await store.liveCredentials.list()
    expect(listed.map(({ id }) => id)).toEqual(kept)
    for (const { id } of listed.slice(0, 3)) await store.liveCredentials.remove(id)
    await store.liveCredentials.add({ id: newId('crd'), integration: 'github', secret: new Secret('again'), expiresAtMs: 1 })
  })

  it('because a newer Postern wrote it says so', async () => {
    const path = await used()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    await expect(opening(path)).rejects.toMatchObject({ code: 'store_newer', message: expect.stringMatching(/newer Postern \(form 99, known \d+\): run that version/) })
  })
})

describe('the store’s thread', () => {
  it('lets two openings make the same new file at the same time', async () => {
    const path = join(temporaryFolder(), 'store.db')
    const stores = await Promise.all([1, 2, 3, 4].map(() => openSqliteStore({ path, keys: [KEY_A] })))
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))))
    const ids = await Promise.all(stores.map(async (store) => (await store.connections.create(DRAFT)).id))
    expect(new Set(ids).size).toBe(1)
  })

  it('refuses calls beyond its bound instead of keeping them, and answers all that it took', async () => {
    const { store } = await temporaryStore()
    const results = await Promise.allSettled(Array.from({ length: 1100 }, () => store.liveCredentials.list()))
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(1100 - 1024)
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'store_overloaded' })
  })

  it('finishes what was called before it was closed', async () => {
    const { store, path } = await temporaryStore()
    const created = store.connections.create(DRAFT)
    await Promise.all([store.close(), store.close()])
    const { id } = await created
    const again = await opening(path)
    onTestFinished(() => again.close())
    expect((await again.connections.get(id))?.id).toBe(id)
  })

  it('opens a copy of the file that was taken while it was in use', async () => {
    const { store, path } = await temporaryStore()
    await store.connections.create(DRAFT)
    const copy = join(temporaryFolder(), 'copy.db')
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix)
    const restored = await opening(copy)
    onTestFinished(() => restored.close())
    expect(await restored.connections.list()).toHaveLength(1)
  })
})
