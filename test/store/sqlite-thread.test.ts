import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { type AgentId, type ConnectionId, newId } from '../../src/model/ids.ts'
import type { StoreChange } from '../../src/store/ports/changes.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { operationsOn } from '../../src/store/sqlite/operations.ts'
import { migrate } from '../../src/store/sqlite/migrations.ts'
import { type CallContext, performCalls } from '../../src/store/sqlite/perform-calls.ts'
import type { Call } from '../../src/store/sqlite/protocol.ts'
import { ALICE, REVIEWER } from './contracts/store-under-test.ts'
import { Envelope } from '../../src/store/envelope.ts'
import { KEY_A, KEY_B, temporaryFolder, temporaryStore } from './temporary-store.ts'

function inMemory(): CallContext & { readonly commits: () => number } {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  migrate(database, 'memory')
  let commits = 0
  const exec = database.exec.bind(database)
  database.exec = (sql) => {
    if (sql === 'COMMIT') commits += 1
    exec(sql)
  }
  return { database, operations: operationsOn(database), path: 'memory', requireFile: () => undefined, commits: () => commits }
}

function create(call: number, id: string, session: string): Call {
  const draft = { id, agent: REVIEWER, person: ALICE, access: '[]', expires_at: 9000, session, session_expires_at: 9000, now: 1 }
  return { call, operation: 'delegations.create', argument: draft }
}

describe('calls that are performed together', () => {
  it('are committed once, see each other, and are answered in their order', () => {
    const context = inMemory()
    const calls: Call[] = [create(1, 'dlg_1', 'ses_1'), { call: 2, operation: 'delegations.get', argument: 'dlg_1' }, create(3, 'dlg_2', 'ses_2')]
    const answers = performCalls(calls, context)
    expect(answers).toMatchObject([{ call: 1, result: { id: 'dlg_1' } }, { call: 2, result: { id: 'dlg_1' } }, { call: 3, result: { id: 'dlg_2' } }])
    expect(context.commits()).toBe(1)
  })

  it('take nothing of each other where one fails, and that one leaves nothing', () => {
    const context = inMemory()
    const answers = performCalls([create(1, 'dlg_1', 'ses_1'), create(2, 'dlg_2', 'ses_1'), create(3, 'dlg_3', 'ses_3')], context)
    expect(answers).toMatchObject([{ call: 1, result: { id: 'dlg_1' } }, { call: 2, error: { code: 'store_failed' } }, { call: 3, result: { id: 'dlg_3' } }])
    const ids = context.database.prepare('SELECT id FROM delegations ORDER BY seq').all().map(({ id }) => id)
    expect(ids).toEqual(['dlg_1', 'dlg_3'])
  })

  it('are performed one by one where the commit of all fails: each is done once, or told to have failed', () => {
    const context = inMemory()
    const exec = context.database.exec
    let refusals = 1
    context.database.exec = (sql) => {
      if (sql === 'COMMIT' && refusals-- > 0) throw Object.assign(new Error('disk I/O error'), { errcode: 10 })
      exec(sql)
    }
    expect(performCalls([create(1, 'dlg_1', 'ses_1'), create(2, 'dlg_2', 'ses_2')], context)).toMatchObject([{ call: 1, result: { id: 'dlg_1' } }, { call: 2, result: { id: 'dlg_2' } }])
    refusals = 2
    expect(performCalls([create(3, 'dlg_3', 'ses_3'), create(4, 'dlg_4', 'ses_4')], context))
      .toMatchObject([{ call: 3, error: { code: 'store_unreachable' } }, { call: 4, result: { id: 'dlg_4' } }])
    expect(context.database.isTransaction).toBe(false)
    expect(context.database.prepare('SELECT count(*) AS n FROM delegations').get()).toEqual({ n: 3 })
  })

  it('that only read need no transaction, and are answered although another process writes', async () => {
    const { store, path } = await temporaryStore({ busyTimeoutMs: 20 })
    const wanted = { id: newId('dlg'), agent: REVIEWER, person: ALICE, access: [], expiresAtMs: 2_000_000, session: newId('ses') }
    await store.delegations.create(wanted)
    using writer = new DatabaseSync(path)
    writer.exec('BEGIN IMMEDIATE')
    const [read, written] = await Promise.allSettled([store.delegations.get(wanted.id), store.delegations.end(wanted.id, 'revoked', 'system', undefined)])
    writer.exec('ROLLBACK')
    expect(read).toMatchObject({ status: 'fulfilled', value: { state: 'active' } })
    expect(written).toMatchObject({ status: 'rejected', reason: { code: 'store_locked' } })
    expect(await store.delegations.end(wanted.id, 'revoked', 'system', undefined)).toMatchObject({ changed: true })
  })

  it('are answered each, whatever comes at once', async () => {
    const { store } = await temporaryStore()
    const first = { id: newId('dlg'), agent: REVIEWER, person: ALICE, access: [], expiresAtMs: 2_000_000, session: newId('ses') }
    await store.delegations.create(first)
    const wanted = Array.from({ length: 300 }, (_, n) => ({ ...first, id: newId('dlg'), session: n % 3 === 0 ? first.session : newId('ses') }))
    const made = await Promise.allSettled(wanted.map((one) => store.delegations.create(one)))
    expect(made.map(({ status }) => status)).toEqual(wanted.map((_, n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')))
    const found = await Promise.all(wanted.map(({ id }) => store.delegations.get(id)))
    expect(found.map((one) => one?.id)).toEqual(wanted.map(({ id }, n) => (n % 3 === 0 ? undefined : id)))
  })
})

describe('a listener that throws', () => {
  it('keeps neither the others from hearing nor the change from its maker, and ends up where defects do', async () => {
    const { store } = await temporaryStore()
    const told: StoreChange[] = []
    const defects: unknown[] = []
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => defects.push(error))
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException')
      for (const other of others) process.on('uncaughtException', other)
    })
    store.changes.subscribe(() => { throw new Error('a defect') })
    store.changes.subscribe((change) => told.push(change))
    expect(await store.agents.revoke({ agent: REVIEWER, by: 'system', reason: undefined })).toBe(true)
    expect(told).toEqual([{ kind: 'agent', id: REVIEWER }])
    await expect.poll(() => defects).toMatchObject([{ message: 'a defect' }])
  })
})

describe('the agents', () => {
  it('are bounded: one too many is refused, and leaves nothing', async () => {
    const { store, path } = await temporaryStore()
    const agent = {
      id: REVIEWER, name: 'x', owner: undefined, spiffeId: undefined, subject: undefined, serviceAccount: undefined, redirectUris: [], publicKeyPem: undefined, registeredBy: 'x',
    }
    using database = new DatabaseSync(path)
    database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
      INSERT INTO agents (id, name, redirect_uris, registered_by, created_at, version) SELECT 'agent:n' || i, 'n', '[]', 'x', 1, 1 FROM n`)
    expect(await store.agents.create(agent)).toBeDefined()
    await expect(store.agents.create({ ...agent, id: 'agent:one-more' as AgentId })).rejects.toMatchObject({ code: 'store_full', message: expect.stringMatching(/10000 agents.*: register/) })
    expect(await store.agents.create(agent)).toBeUndefined()
    expect(await store.agents.list()).toHaveLength(10_000)
  })
})

describe('a store of the first form', () => {
  it('is brought to this form with all that it holds, and opened again', async () => {
    const path = join(temporaryFolder(), 'store.db')
    const envelope = new Envelope([KEY_A])
    const seal = (text: string, table: string, row: string, column: string) => envelope.seal(new Secret(text), { table, row, column })
    const database = new DatabaseSync(path)
    database.exec(FIRST_FORM)
    database.prepare('INSERT INTO meta VALUES (?, ?)').run('key_check', seal('postern', 'meta', 'key_check', 'value'))
    database.prepare(`INSERT INTO connections (id, integration, owner, label, scopes, access_token, imported, state, version, generation, created_at, updated_at)
      VALUES ('con_1', 'slack', 'organisation', 'bot', '["chat:write"]', ?, '[]', 'active', 3, 2, 5, 6)`).run(seal('old-access', 'connections', 'con_1', 'access_token'))
    database.close()
    chmodSync(path, 0o600)
    for (let round = 0; round < 2; round++) {
      const store = await openSqliteStore({ path, keys: [KEY_B, KEY_A] })
      const connection = await store.connections.get('con_1' as ConnectionId)
      expect(connection).toMatchObject({ owner: 'organisation', account: undefined, scopes: ['chat:write'], version: 3, generation: 2, createdAtMs: 5 })
      expect(connection?.tokens.accessToken?.reveal()).toBe('old-access')
      await store.agents.revoke({ agent: REVIEWER, by: 'system', reason: undefined })
      await store.close()
    }
  })
})

/** As version 0.1.0 made it. */
const FIRST_FORM = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
  CREATE TABLE connections (
    id TEXT PRIMARY KEY, integration TEXT NOT NULL, owner TEXT NOT NULL, label TEXT NOT NULL, scopes TEXT NOT NULL, access_token BLOB,
    access_expires_at INTEGER, refresh_token BLOB, imported TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('active', 'reauth_required', 'revoked')),
    state_reason TEXT, intent_holder TEXT, intent_started_at INTEGER, intent_lease_until INTEGER, intent_unfinished INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL, generation INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (integration, owner, label)
  ) STRICT;
  CREATE TABLE live_credentials (id TEXT PRIMARY KEY, integration TEXT NOT NULL, secret BLOB NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  PRAGMA user_version = 1;`

describe('keys that are replaced', () => {
  it('are the old ones again where the disk cannot be written, and everything still opens', async () => {
    const { store, path, reopen } = await temporaryStore({ busyTimeoutMs: 20 })
    const put = (n: number) => store.shortLived.put({ kind: 'login_state', id: `record-${n}`, payload: { n }, expiresAtMs: 2_000_000 })
    await Promise.all(Array.from({ length: 200 }, (_, n) => put(n)))
    using writer = new DatabaseSync(path)
    writer.exec('BEGIN IMMEDIATE')
    await expect(store.useKeys([KEY_B, KEY_A])).rejects.toMatchObject({ code: 'store_locked' })
    writer.exec('ROLLBACK')
    await put(200)
    const ids = Array.from({ length: 201 }, (_, n) => n)
    const payloads = (from: typeof store) => Promise.all(ids.map(async (n) => (await from.shortLived.find('login_state', `record-${n}`))?.payload['n']))
    expect(await payloads(store)).toEqual(ids)
    await store.close()
    const reopened = await reopen([KEY_A])
    expect(await payloads(reopened)).toEqual(ids)
    await reopened.useKeys([KEY_B, KEY_A])
    expect(await payloads(reopened)).toEqual(ids)
  })

  it('are refused where a stored value is damaged, and then the old ones stay', async () => {
    const { store, path } = await temporaryStore()
    await store.keyring.claim('good', new Secret('good key'))
    await store.keyring.claim('moved', new Secret('moved key'))
    using database = new DatabaseSync(path)
    database.exec(`UPDATE keyring SET value = (SELECT value FROM keyring WHERE name = 'good') WHERE name = 'moved'`)
    await expect(store.useKeys([KEY_B, KEY_A])).rejects.toMatchObject({ code: 'store_value_damaged' })
    expect((await store.keyring.get('good'))?.reveal()).toBe('good key')
  })
})
