import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { Secret } from '../../../src/lib/secret.ts'
import { type AgentId, type ConnectionId, type DelegationId, newId, type PersonId, type SessionId } from '../../../src/model/ids.ts'
import type { Store } from '../../../src/store/ports/store.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts'
import { CANARY, KIND, TAKEOVER_MS } from './kill-terms.ts'

/** What the parent writes for its child. */
export interface KillChildSettings {
  readonly path: string
  readonly keys: readonly [string, ...string[]]
  /** Puts these in force somewhere on the way; none where it is undefined. */
  readonly nextKeys: readonly [string, ...string[]] | undefined
  readonly connection: string
  /** From the rounds before: what can be ended, and what was consumed and has no successor. */
  readonly delegations: readonly string[]
  readonly orphans: readonly string[]
}

const RUNNERS = 16
const AGENT = 'agent:pr-reviewer' as AgentId
const PERSON = 'user:alice@acme.com' as PersonId
const FAR_MS = 3_600_000

/** A process that grants, ends, consumes and refreshes as fast as it can, and tells each step before and after. It is there to be killed. */
class KillChild {
  readonly #store: Store
  readonly #connection: ConnectionId
  readonly #delegations: DelegationId[]
  readonly #sessions: SessionId[] = []
  readonly #orphans: string[]

  constructor(store: Store, settings: KillChildSettings) {
    this.#store = store
    this.#connection = settings.connection as ConnectionId
    this.#delegations = [...settings.delegations] as DelegationId[]
    this.#orphans = [...settings.orphans]
  }

  async run(): Promise<never> {
    const steps = [
      () => this.#grant(), () => this.#grant(), () => this.#end(), () => this.#start(), () => this.#stop(),
      () => this.#rotate(), () => this.#rotate(), () => this.#takeOver(), () => this.#refresh(),
    ]
    for (;;) await steps[Math.floor(Math.random() * steps.length)]?.()
  }

  async #grant(): Promise<void> {
    const [id, session] = [newId('dlg'), newId('ses')]
    say('try', 'grant', id, session)
    await this.#store.delegations.create({ id, agent: AGENT, person: PERSON, access: [], expiresAtMs: Date.now() + FAR_MS, session })
    say('ack', 'grant', id, session)
    this.#delegations.push(id)
  }

  async #end(): Promise<void> {
    const id = taken(this.#delegations)
    if (id === undefined) return
    say('try', 'end', id)
    await this.#store.delegations.end(id, 'revoked', PERSON, undefined)
    say('ack', 'end', id)
  }

  async #start(): Promise<void> {
    const delegation = this.#delegations[Math.floor(Math.random() * this.#delegations.length)]
    if (delegation === undefined) return
    const id = newId('ses')
    say('try', 'start', id, delegation)
    const started = await this.#store.delegations.startSession(delegation, id, Date.now() + FAR_MS)
    say(started === undefined ? 'no' : 'ack', 'start', id, delegation)
    if (started === undefined) return
    await this.#store.delegations.setSessionSecret(id, createHash('sha256').update(canary()).digest('base64url'))
    this.#sessions.push(id)
  }

  async #stop(): Promise<void> {
    const id = taken(this.#sessions)
    if (id === undefined) return
    say('try', 'stop', id)
    await this.#store.delegations.endSession(id, 'signed_out')
    say('ack', 'stop', id)
  }

  /** A token is stored, shown three times at once, and whoever consumed it stores its successor. */
  async #rotate(): Promise<void> {
    const old = canary()
    say('try', 'put', old)
    await this.#store.shortLived.put(record(old))
    say('ack', 'put', old)
    await Promise.all([1, 2, 3].map(() => this.#consume(old)))
  }

  async #takeOver(): Promise<void> {
    const old = taken(this.#orphans)
    if (old !== undefined) await Promise.all([1, 2].map(() => this.#consume(old)))
  }

  async #consume(old: string): Promise<void> {
    const holder = newId('evt')
    say('try', 'consume', old)
    const consumption = await this.#store.shortLived.consume(KIND, old, holder, TAKEOVER_MS)
    say('ack', 'consume', old, consumption)
    // Also those that were too late try: the store must refuse them.
    const next = canary()
    say('try', 'succeed', old, next)
    const stored = await this.#store.shortLived.putSuccessor(record(next), { kind: KIND, id: old, holder, note: holder })
    say(stored ? 'ack' : 'no', 'succeed', old, next)
  }

  async #refresh(): Promise<void> {
    const connection = await this.#store.connections.get(this.#connection)
    const begun = connection && (await this.#store.connections.beginRefresh(connection.id, connection.version, 'child', TAKEOVER_MS))
    if (begun === undefined) return
    const token = canary()
    say('try', 'refresh', String(begun.generation + 1), token)
    const tokens = { accessToken: new Secret(canary()), accessExpiresAtMs: undefined, refreshToken: new Secret(token) }
    const done = await this.#store.connections.completeRefresh(begun.id, begun.generation, { scopes: [], tokens })
    if (done !== undefined) say('ack', 'refresh', String(done.generation), token)
  }
}

function record(id: string) {
  return { kind: KIND, id, payload: { secret: canary(), of: id }, expiresAtMs: Date.now() + FAR_MS, grant: 'grant', uid: `${id}-uid` }
}

function canary(): string {
  return `${CANARY}${randomBytes(12).toString('base64url')}`
}

/** One of them, which is theirs no longer. */
function taken<T>(items: T[]): T | undefined {
  return items.splice(Math.floor(Math.random() * items.length), 1)[0]
}

/** In the pipe before anything else is done: what `process.stdout` queues while the pipe is full would be lost with the process. */
function say(...words: readonly string[]): void {
  let rest = Buffer.from(`${words.join(' ')}\n`)
  while (rest.length > 0) rest = rest.subarray(written(rest))
}

function written(bytes: Buffer): number {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}

async function main(settings: KillChildSettings): Promise<void> {
  const store = await openSqliteStore({ path: settings.path, keys: secrets(settings.keys) })
  say('open')
  const child = new KillChild(store, settings)
  const runners = Array.from({ length: RUNNERS }, () => child.run())
  if (settings.nextKeys !== undefined) {
    await store.useKeys(secrets(settings.nextKeys))
    say('ack', 'keys')
  }
  await Promise.all(runners)
}

function secrets([first, ...others]: readonly [string, ...string[]]): readonly [Secret, ...Secret[]] {
  return [new Secret(first), ...others.map((key) => new Secret(key))]
}

await main(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as KillChildSettings)
