import type { AddressInfo } from 'node:net'
import { createServer } from 'node:https'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { AuditEvent } from '../../../src/audit/event.ts'
import type { AdminDeps } from '../../../src/authority/admin/admin-deps.ts'
import { adminRoutes } from '../../../src/authority/admin/admin-routes.ts'
import type { Role, SignedIn } from '../../../src/authority/people/contract.ts'
import type { RevocationReport, RevokedBy } from '../../../src/authority/revocation/contract.ts'
import { systemTimers } from '../../../src/lib/timers.ts'
import { Fault } from '../../../src/model/denial.ts'
import type { PersonId } from '../../../src/model/ids.ts'
import type { Approval } from '../../../src/store/ports/approvals.ts'
import type { IndexedRecord } from '../../../src/store/ports/audit-index.ts'
import type { Person } from '../../../src/store/ports/people.ts'
import { requestReading } from '../../../src/integrations/request-reading.ts'
import type { DelegationRecord } from '../../../src/sync/contract.ts'
import { MemoryStore } from './memory-store.ts'
import { index, integrations, loaded, POLICIES } from './policies.ts'
import { approval, configuredAgent, connection, delegation, NOW_MS, person, record, REVIEWER, session } from './things.ts'

export const ALICE = person('alice')
export const BOB = person('bob')
export const OLIVIA = person('olivia')
export const OSCAR = person('oscar')
export const AUDREY = person('audrey')
export const BELLA = person('bella')

const policies = loaded(POLICIES)
const CSRF = 'csrf-of-this-session'
const ORIGIN = 'https://postern.acme.com'

interface StartOptions {
  /** What answers beside the admin API. */
  readonly also?: (world: AdminWorld) => Hono
  readonly tls?: { readonly key: string; readonly cert: string }
}

interface Request {
  readonly as?: Person | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** The admin API on a real socket, with all it asks for in memory. */
export class AdminWorld {
  readonly store = new MemoryStore()
  readonly events: AuditEvent[] = []
  readonly revocations: { readonly what: string; readonly by: RevokedBy }[] = []
  readonly broken: unknown[] = []
  readonly roles = new Map<PersonId, readonly Role[]>([
    [OLIVIA.id, ['person', 'operator']], [OSCAR.id, ['person', 'operator']], [AUDREY.id, ['person', 'auditor']], [BELLA.id, ['person', 'operator']],
  ])
  readonly listeners = new Set<(record: IndexedRecord) => void>()
  /** Tokens beside `token-of-alice`: whose they are. */
  readonly tokens = new Map<string, string>()
  /** Who may not sign in any more. */
  readonly signedOut = new Set<PersonId>()
  auditWritable = true
  proofs: AdminDeps['auditProofs'] = {
    of: async ({ chain, seq, line }) => ({ chain, seq, lines: [line], publicKeyPem: undefined, keyId: undefined, checkpointSeq: undefined, state: 'not_signed_yet', detail: 'Not yet.' }),
  }
  nowMs = NOW_MS
  readonly #people = [ALICE, BOB, OLIVIA, OSCAR, AUDREY, BELLA]
  #server: ReturnType<typeof serve> | undefined
  url = ''

  static async start({ also, tls }: StartOptions = {}): Promise<AdminWorld> {
    const world = new AdminWorld()
    world.#fill()
    const app = new Hono()
    if (also !== undefined) app.route('/', also(world))
    app.route('/', adminRoutes(world.deps()))
    const secure = tls === undefined ? {} : { createServer, serverOptions: tls }
    await new Promise<void>((resolve) => {
      world.#server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', ...secure }, (info: AddressInfo) => {
        world.url = `http${tls === undefined ? '' : 's'}://127.0.0.1:${info.port}`
        resolve()
      })
    })
    return world
  }

  deps(): AdminDeps {
    return {
      origin: ORIGIN,
      browserSessions: { current: async (cookie) => this.#byCookie(cookie) },
      tokens: { person: async (token) => this.#known(this.tokens.get(token) ?? /^token-of-(\w+)$/.exec(token)?.[1])?.id },
      people: { get: async (id) => this.#people.find((each) => each.id === id) },
      roles: { of: async (each) => this.#rolesOf(each) },
      store: this.store,
      directory: {
        agent: (id) => (id === REVIEWER ? { id, name: 'PR Reviewer', owner: undefined, status: 'active' } : undefined),
        delegation: (id) => this.#live(id),
      },
      configuredAgents: () => [configuredAgent(REVIEWER)],
      revoker: {
        agent: async (id, by) => (id === REVIEWER || this.store.storedAgents.has(id) ? this.#report(id, by) : undefined),
        restoreAgent: async (id) => (id === REVIEWER ? 'configuration' : this.store.storedAgents.has(id) ? this.store.agents.restore(id) : undefined),
        delegation: async (id, by) => this.#report(id, by),
        session: async (id, by) => this.#report(id, by),
        connection: async (id, by) => this.#report(id, by),
        person: async (id, by) => this.#report(id, by),
      },
      approvals: {
        get: async (id) => this.store.approvalsById.get(id),
        mayAnswer: (asked, who) => mayAnswer(asked, who),
        answer: async (id, said, who) => this.#answer(id, said, who),
        breakGlass: () => undefined,
        askBreakGlass: async (asker, text, durationMs) => {
          const made = approval('apr_new', asker, { kind: 'break_glass', text, validUntilMs: undefined, answerByMs: this.nowMs + durationMs })
          this.store.approvalsById.set(made.id, made)
          return made
        },
      },
      audit: {
        mode: 'strict',
        writable: true,
        commit: async (event) => {
          if (!this.auditWritable) throw new Fault('audit_unavailable', 'the disk is full')
          this.events.push(event)
        },
        post: (event) => void this.events.push(event),
      },
      auditProofs: { of: (record) => this.proofs.of(record) },
      liveRecords: {
        subscribe: (listener) => {
          this.listeners.add(listener)
          return () => this.listeners.delete(listener)
        },
      },
      policy: () => ({ hash: 'sha256:abc', loadedAtMs: NOW_MS, rejected: { atMs: NOW_MS + 1, problems: ['policies/org.yaml:3:1: no'] } }),
      policies: () => policies,
      reading: requestReading(index),
      integrations,
      breakGlassMaxMs: 4 * 3_600_000,
      clock: { nowMs: () => this.nowMs, monotonicMs: () => performance.now() },
      timers: systemTimers,
      onBroken: (error) => void this.broken.push(error),
    }
  }

  /** By bearer token. */
  async ask(method: string, path: string, { as, body, headers = {} }: Request = {}): Promise<Answered> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(as === undefined ? {} : { authorization: `Bearer token-of-${as.subject}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) }
  }

  /** What a page of ours sends. */
  browser(as: Person, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { cookie: `__Host-postern=${as.subject}`, origin: ORIGIN, 'sec-fetch-site': 'same-origin', 'postern-csrf': CSRF, ...more }
  }

  live(record: IndexedRecord): void {
    this.store.records.push(record)
    for (const listener of this.listeners) listener(record)
  }

  named(event: AuditEvent['event']): readonly AuditEvent[] {
    return this.events.filter((each) => each.event === event)
  }

  /** Breaks off every connection. */
  cut(): void {
    if (this.#server !== undefined && 'closeAllConnections' in this.#server) this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.cut()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  #fill(): void {
    const { store } = this
    const [alices, bobs] = [delegation('dlg_alice', ALICE.id), delegation('dlg_bob', BOB.id)]
    for (const each of [alices, bobs]) store.delegationsById.set(each.id, each)
    for (const each of [session('ses_alice', alices), session('ses_bob', bobs, { endedAtMs: NOW_MS - 1, endReason: 'revoked' })]) store.sessionsById.set(each.id, each)
    for (const each of [connection('con_alice', ALICE.id), connection('con_bob', BOB.id), connection('con_org', 'organisation')]) store.connectionsById.set(each.id, each)
    for (const each of [approval('apr_alice', ALICE.id), approval('apr_bob', BOB.id), approval('apr_glass', OSCAR.id, { kind: 'break_glass' })]) store.approvalsById.set(each.id, each)
    store.records.push(
      record(1, { user: { id: ALICE.id }, agent: { id: REVIEWER, name: 'PR Reviewer' }, integration: 'github' }),
      record(2, { user: { id: BOB.id }, agent: { id: REVIEWER, name: 'PR Reviewer' }, integration: 'slack', event: 'api.denied', outcome: 'denied' }),
    )
  }

  #live(id: DelegationRecord['id']): DelegationRecord | undefined {
    const stored = this.store.delegationsById.get(id)
    if (stored === undefined || stored.state !== 'active' || stored.expiresAtMs <= this.nowMs) return undefined
    return { ...stored, personName: undefined, consent: stored.access, groups: [], connections: {} }
  }

  #known(subject: string | undefined): Person | undefined {
    const found = this.#people.find((each) => each.subject === subject)
    return found === undefined || this.signedOut.has(found.id) ? undefined : found
  }

  #byCookie(cookie: string | undefined) {
    const found = this.#known(/__Host-postern=(\w+)/.exec(cookie ?? '')?.[1])
    return found === undefined ? undefined : { person: found, ...this.#rolesOf(found), signedInAtMs: NOW_MS, csrf: CSRF }
  }

  #rolesOf({ id }: Person): Pick<SignedIn, 'roles' | 'breakGlass'> {
    return { roles: this.roles.get(id) ?? ['person'], breakGlass: id === BELLA.id }
  }

  #report(what: string, by: RevokedBy): RevocationReport {
    this.revocations.push({ what, by })
    return {
      revoked: what, changed: true, delegations: [], sessions: [], connections: [], streamsCut: 2,
      credentials: [{ integration: 'github', dropped: 2, revokedUpstream: 1 }], left: ['Slack cannot revoke a single token.'],
    }
  }

  #answer(id: string, said: 'approved' | 'denied', who: SignedIn): Approval | undefined {
    const before = this.store.approvalsById.get(id)
    if (before === undefined || before.state !== 'pending') return undefined
    const after = { ...before, state: said, answeredBy: who.person.id, answeredAtMs: this.nowMs }
    this.store.approvalsById.set(id, after)
    return after
  }
}

function mayAnswer({ kind, person }: Approval, { person: who, roles }: SignedIn): boolean {
  const operator = roles.includes('operator')
  return kind === 'break_glass' ? operator && person !== who.id : operator || person === who.id
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
