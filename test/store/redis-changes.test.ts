import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AgentId, newId } from '../../src/model/ids.ts'
import type { StoreChange } from '../../src/store/ports/changes.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { OwnChanges } from '../../src/store/redis/own-changes.ts'
import type { RedisServer } from '../../src/store/redis/redis-settings.ts'
import { type RedisServerUnderTest, startRedisServer } from '../support/redis-server.ts'
import { ALICE, REVIEWER } from './contracts/store-under-test.ts'
import { opened, serverAt } from './redis-under-test.ts'

const WAIT = { timeout: 10_000, interval: 10 }

let server: RedisServerUnderTest
let administrator: Redis

beforeAll(async () => {
  server = await startRedisServer()
  administrator = new Redis({ host: server.host, port: server.port, protocol: 2, maxRetriesPerRequest: null, retryStrategy: () => 20 })
  administrator.on('error', () => undefined)
})
afterAll(async () => {
  administrator.disconnect()
  await server.remove()
})

describe('changes over several authorities', () => {
  let at: RedisServer
  let [mine, theirs]: [Store | undefined, Store | undefined] = [undefined, undefined]

  function pair(): { readonly here: Store; readonly there: Store; readonly told: StoreChange[] } {
    if (mine === undefined || theirs === undefined) throw new TypeError('both were opened')
    const told: StoreChange[] = []
    theirs.changes.subscribe((change) => told.push(change))
    return { here: mine, there: theirs, told }
  }

  beforeEach(async () => {
    at = serverAt(server)
    ;[mine, theirs] = [await opened({ server: at }), await opened({ server: at })]
  })

  it('are told everywhere, each once, in their order, within a moment', async () => {
    const { here, told } = pair()
    const own: StoreChange[] = []
    here.changes.subscribe((change) => own.push(change))
    const ids = Array.from({ length: 100 }, (_, n) => `agent:a${n}` as AgentId)
    const from = performance.now()
    for (const id of ids) await here.agents.revoke({ agent: id, by: 'user:ops@acme.com', reason: undefined })
    const last = { kind: 'agent', id: 'agent:a99' }
    await vi.waitFor(() => expect(told.at(-1)).toEqual(last), { timeout: 5000, interval: 1 })
    const tookMs = performance.now() - from
    expect(told).toEqual(ids.map((id) => ({ kind: 'agent', id })))
    expect(own).toEqual(told)
    // 100 changes one after the other, and the last of them told elsewhere.
    expect(tookMs).toBeLessThan(3000)
  })

  it('are told of an authority that changes much, while this one changes much itself', async () => {
    const { here, there, told } = pair()
    const [ours, others] = [0, 1].map((store) => Array.from({ length: 60 }, (_, n) => `agent:s${store}n${n}` as AgentId))
    await Promise.all([...(ours ?? []).map((agent) => there.agents.revoke({ agent, by: 'x', reason: undefined })),
      ...(others ?? []).map((agent) => here.agents.revoke({ agent, by: 'x', reason: undefined }))])
    await vi.waitFor(() => expect(told).toHaveLength(120), WAIT)
    expect(new Set(told.map((change) => ('id' in change ? change.id : ''))).size).toBe(120)
  })

  it('say that all is to be read again where what came next was trimmed before it was read', async () => {
    const { here, told } = pair()
    await here.agents.revoke({ agent: REVIEWER, by: 'user:ops@acme.com', reason: undefined })
    await vi.waitFor(() => expect(told).toHaveLength(1), WAIT)
    await administrator.call('del', `{${at.prefix}}:changes`)
    await vi.waitFor(() => expect(told.at(-1)).toEqual({ kind: 'all' }), WAIT)
    const before = told.length
    await here.agents.restore(REVIEWER)
    await vi.waitFor(() => expect(told.slice(before)).toContainEqual({ kind: 'agent', id: REVIEWER }), WAIT)
  })

  it('are told all the same where only the connection was lost and nothing was trimmed', async () => {
    const { here, told } = pair()
    await cutReaders()
    const agents = ['agent:one', 'agent:two', 'agent:three'] as AgentId[]
    for (const agent of agents) await vi.waitFor(() => here.agents.revoke({ agent, by: 'x', reason: undefined }), WAIT)
    await vi.waitFor(() => expect(told.map((change) => ('id' in change ? change.id : change.kind))).toEqual(agents), WAIT)
  })

  it('say that all is to be read again by a server that came back with less than it had', async () => {
    const fresh = await startRedisServer()
    onTestFinished(() => fresh.remove())
    const store = await opened({ server: serverAt(fresh) })
    const told: StoreChange[] = []
    store.changes.subscribe((change) => told.push(change))
    await store.agents.revoke({ agent: REVIEWER, by: 'x', reason: undefined })
    const client = new Redis({ host: fresh.host, port: fresh.port, protocol: 2 })
    await client.call('flushall')
    client.disconnect()
    await fresh.kill()
    await fresh.restart()
    await vi.waitFor(() => expect(told).toContainEqual({ kind: 'all' }), WAIT)
    expect(await store.agents.revocations()).toEqual([])
  })

  it('are never silent for long while Redis is there, and are while it is not', async () => {
    const fresh = await startRedisServer()
    onTestFinished(() => fresh.remove())
    const store = await opened({ server: serverAt(fresh) })
    let longest = 0
    for (let n = 0; n < 30; n++) {
      longest = Math.max(longest, store.changes.silentForMs())
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    expect(longest).toBeLessThan(1500)
    await fresh.kill()
    await vi.waitFor(() => expect(store.changes.silentForMs()).toBeGreaterThan(1600), WAIT)
    expect(store.open).toBe(false)
    await fresh.restart()
    await vi.waitFor(() => expect(store.changes.silentForMs()).toBeLessThan(1000), WAIT)
  })

  it('reach every listener although one throws, which is told apart', async () => {
    const defects: unknown[] = []
    const store = await opened({ server: at, onDefect: (error) => defects.push(error) })
    const told: StoreChange[] = []
    store.changes.subscribe(() => { throw new Error('a defect of a listener') })
    store.changes.subscribe((change) => told.push(change))
    const { here } = pair()
    const wanted = { id: newId('dlg'), agent: REVIEWER, person: ALICE, access: [], expiresAtMs: Date.now() + 1000, session: newId('ses') }
    await here.delegations.create(wanted)
    await store.delegations.endSession(wanted.session, 'signed_out')
    await vi.waitFor(() => expect(told).toHaveLength(3), WAIT)
    expect(defects).toHaveLength(3)
  })

  async function cutReaders(): Promise<void> {
    const list = String(await administrator.call('client', 'list'))
    const waiting = list.split('\n').filter((line) => /cmd=xread/.test(line)).map((line) => /\bid=(\d+)/.exec(line)?.[1] ?? '')
    expect(waiting.length).toBeGreaterThan(0)
    for (const id of waiting) await administrator.call('client', 'kill', 'id', id).catch(() => undefined)
  }
})

describe('a change of our own', () => {
  it.each<[string, (own: OwnChanges) => readonly boolean[], readonly boolean[]]>([
    ['at its answer, where that comes first', (own) => [own.answered('a'), own.seen('a')], [true, false]],
    ['from the stream, where that comes first', (own) => [own.seen('a'), own.answered('a')], [true, false]],
    ['from the stream, where no answer comes', (own) => {
      own.unanswered('a')
      return [own.seen('a')]
    }, [true]],
    ['from the stream once more at worst, where that jumped', (own) => {
      const answered = own.answered('a')
      own.jumped()
      return [answered, own.seen('a'), own.answered('b')]
    }, [true, true, true]],
  ])('is told once: %s', (_, run, expected) => {
    const own = new OwnChanges()
    own.sent('a')
    own.sent('b')
    expect(run(own)).toEqual(expected)
  })
})
