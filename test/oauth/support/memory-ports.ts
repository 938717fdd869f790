import type { AuditEvent } from '../../../src/audit/event.ts'
import type { AuditLog } from '../../../src/audit/log.ts'
import type { DelegationDesk, Granted, GrantOrder } from '../../../src/authority/delegations/contract.ts'
import type { ScopeWords } from '../../../src/authority/oauth/oauth-dependencies.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { Fault } from '../../../src/model/denial.ts'
import { newId } from '../../../src/model/ids.ts'
import type { SessionId } from '../../../src/model/ids.ts'
import type { Keyring } from '../../../src/store/ports/keyring.ts'

/** The machine's time, moved on by tests. */
export class MovedClock implements Clock {
  #byMs = 0
  nowMs(): number { return Date.now() + this.#byMs }
  monotonicMs(): number { return performance.now() + this.#byMs }
  moveBy(ms: number): void { this.#byMs += ms }
}

/** The keyring in memory. */
export class MemoryKeyring implements Keyring {
  readonly #texts = new Map<string, { readonly text: string, readonly version: number }>()

  async claim(name: string, candidate: Secret): Promise<Secret> {
    const known = this.#texts.get(name)
    if (known !== undefined) return new Secret(known.text)
    this.#texts.set(name, { text: candidate.reveal(), version: 1 })
    return candidate
  }

  async get(name: string): Promise<Secret | undefined> {
    const known = this.#texts.get(name)
    return known === undefined ? undefined : new Secret(known.text)
  }

  async replace(name: string, version: number, next: Secret): Promise<boolean> {
    if ((this.#texts.get(name)?.version ?? 0) !== version) return false
    this.#texts.set(name, { text: next.reveal(), version: version + 1 })
    return true
  }

  async versionOf(name: string): Promise<number> {
    return this.#texts.get(name)?.version ?? 0
  }
}

/** Delegations and sessions in memory; enough of the desk to be asked by the OAuth server. */
export class MemoryDesk implements DelegationDesk {
  readonly #granted = new Map<SessionId, Granted>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get all(): readonly Granted[] {
    return [...this.#granted.values()]
  }

  async grant({ agent, person, access, expiresAtMs, extend }: GrantOrder): Promise<Granted | undefined> {
    const nowMs = this.#clock.nowMs()
    const before = extend === undefined ? undefined : await this.live(extend)
    if (extend !== undefined && (before?.delegation.person !== person || before.delegation.agent !== agent)) return undefined
    const common = { agent, person, endReason: undefined, endedAtMs: undefined, expiresAtMs }
    const delegation = before === undefined
      ? { ...common, id: newId('dlg'), access, state: 'active' as const, createdAtMs: nowMs, endedBy: undefined, version: 1 }
      : { ...before.delegation, access: [...before.delegation.access, ...access], version: before.delegation.version + 1 }
    const session = before?.session ?? { ...common, id: newId('ses'), delegation: delegation.id, startedAtMs: nowMs, secretDigest: undefined }
    this.#granted.set(session.id, { delegation, session })
    return { delegation, session }
  }

  async startSession(): Promise<undefined> { return undefined }

  async live(session: SessionId): Promise<Granted | undefined> {
    const granted = this.#granted.get(session)
    return granted !== undefined && granted.delegation.expiresAtMs > this.#clock.nowMs() ? granted : undefined
  }

  async newSessionSecret(): Promise<undefined> { return undefined }

  /** The person takes something back: what is left of the session's delegation. */
  narrow(session: SessionId, access: Granted['delegation']['access']): void {
    const granted = this.#granted.get(session)
    if (granted !== undefined) this.#granted.set(session, { ...granted, delegation: { ...granted.delegation, access } })
  }

  end(session: SessionId): void {
    this.#granted.delete(session)
  }
}

/** Records what is told. */
export class MemoryAudit implements AuditLog {
  readonly mode = 'strict'
  writable = true
  readonly events: AuditEvent[] = []

  async commit(event: AuditEvent): Promise<void> {
    if (!this.writable) throw new Fault('audit_unavailable', 'the disk is full')
    this.events.push(event)
  }

  post(event: AuditEvent): void {
    this.events.push(event)
  }

  of(event: AuditEvent['event']): readonly AuditEvent[] {
    return this.events.filter((one) => one.event === event)
  }
}

const SCOPES: Readonly<Record<string, readonly string[]>> = {
  github: ['pull_requests:read', 'pull_requests:write', 'contents:read'],
  slack: ['chat:write'],
}

/** Words of two integrations: `pulls:…` is an alias, write includes read. */
export function words(integration: string): ScopeWords | undefined {
  const known = SCOPES[integration]
  if (known === undefined) return undefined
  return {
    canonicalScope(text) {
      const name = text.replace(/^pulls:/, 'pull_requests:')
      return known.includes(name) ? name : undefined
    },
    covers: (granted, needed) => granted === needed || granted.replace(/:write$/, ':read') === needed,
    canonicalTarget: (text) => text.toLowerCase(),
  }
}
