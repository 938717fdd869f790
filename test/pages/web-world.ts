import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { AuditLog } from '../../src/audit/log.ts'
import { createBrowserSessions } from '../../src/authority/people/browser-sessions.ts'
import type { BrowserSessions } from '../../src/authority/people/contract.ts'
import { createRoles, type RoleMembers } from '../../src/authority/people/roles.ts'
import { assetsRoutes } from '../../src/authority/pages/assets.ts'
import type { WebApp, WebEnv } from '../../src/authority/pages/web.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { temporaryStore } from '../store/temporary-store.ts'

/** A clock that stands still until it is moved. */
export interface ManualClock {
  now: number
  nowMs(): number
  monotonicMs(): number
}

/** What the pages stand on: a real store, a clock, an audit log that keeps what it was told. */
export interface WebWorld {
  readonly store: Store
  readonly clock: ManualClock
  readonly records: AuditEvent[]
  readonly audit: AuditLog
  readonly reported: unknown[]
  readonly sessions: BrowserSessions
  /** Where the identity provider wants people to sign out. */
  signOutAt: string | undefined
  members: { operator: RoleMembers, auditor: RoleMembers }
  /** Serves apps at an origin of their own, with what else a browser could ask for. @returns the origin */
  serve(apps: (origin: string) => readonly WebApp[]): Promise<string>
}

const NOBODY: RoleMembers = { groups: [], people: [] }

export async function webWorld(): Promise<WebWorld> {
  const { store, clock: storeClock } = await temporaryStore()
  const records: AuditEvent[] = []
  const clock: ManualClock = {
    get now() { return storeClock.now },
    set now(value: number) { storeClock.now = value },
    nowMs: () => storeClock.now,
    monotonicMs: () => storeClock.now,
  }
  const audit: AuditLog = {
    mode: 'strict', writable: true,
    commit: (event) => { records.push(event); return Promise.resolve() },
    post: (event) => void records.push(event),
  }
  const world: WebWorld = {
    store, clock, records, audit, reported: [],
    signOutAt: undefined,
    members: { operator: NOBODY, auditor: NOBODY },
    sessions: createBrowserSessions({
      shortLived: store.shortLived, people: store.people, clock,
      roles: createRoles({ members: () => world.members, approvals: store.approvals, clock }),
      lifetimeMs: () => 12 * 3_600_000,
      signOutUrl: () => Promise.resolve(world.signOutAt),
    }),
    serve,
  }
  return world
}

async function serve(apps: (origin: string) => readonly WebApp[]): Promise<string> {
  const root = new Hono<WebEnv>()
  const server = createAdaptorServer({ fetch: root.fetch as never })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => new Promise<void>((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  }))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  root.route('/', assetsRoutes() as never)
  for (const app of apps(origin)) root.route('/', app)
  root.get('/', (c) => c.html('<!doctype html><title>start</title><h1>start</h1>'))
  return origin
}
