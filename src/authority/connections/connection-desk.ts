import type { AuditLog } from '../../audit/log.ts'
import { ROTATION_TIMES, type RotationTimes } from '../../integrations/rotation/rotation-times.ts'
import { type ReauthNotice, RotatingToken } from '../../integrations/rotation/rotating-token.ts'
import type { UpstreamOauth } from '../../integrations/upstream-oauth.ts'
import type { UserAccess } from '../../integrations/user-access.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import { type Denial, deny, Fault, isDenial } from '../../model/denial.ts'
import type { ConnectionId, PersonId } from '../../model/ids.ts'
import type { Connection, Connections, ConnectionTokens } from '../../store/ports/connections.ts'
import { reauthRecord } from './connection-records.ts'
import type { ConnectionDesk } from './contract.ts'

/** What the desk works with. */
export interface ConnectionDeskDependencies {
  readonly connections: Connections
  /** By the integration's name: those at which people can connect. */
  readonly oauth: ReadonlyMap<string, UpstreamOauth>
  readonly audit: Pick<AuditLog, 'post'>
  readonly clock: Clock
  readonly timers: Timers
  readonly times?: Partial<RotationTimes>
  /** Waits for another process's refresh; injected so that tests own time. */
  readonly wait?: (ms: number) => Promise<void>
}

/** The desk, and its end. */
export interface OpenConnectionDesk extends ConnectionDesk {
  /** Awaited before the store is closed: a token that is being rotated is stored first. */
  idle(): Promise<void>
}

/** Beyond it, connections of which nothing is under way are forgotten: what counts stands in the store. */
const MAX_REMEMBERED = 5_000
/** What ending one at the upstream may take, renewing what has run out included. */
const END_TIMEOUT_MS = 10_000
/** A connection's token is verified, or renewed for a refusal, so often at most: an agent can provoke refusals as it likes. */
const VERIFY_EVERY_MS = 10_000
/** A person's tokens live for hours at most: renewed a little before. */
const REFRESH_AHEAD_MS = 5 * 60_000

interface Remembered {
  readonly token: RotatingToken
  notBeforeMs: number
}

/** Keeps people's connections: refreshes them, one at a time in all processes, and ends them here and there. */
export function createConnectionDesk(deps: ConnectionDeskDependencies): OpenConnectionDesk {
  return new Desk(deps)
}

class Desk implements OpenConnectionDesk {
  readonly #deps: ConnectionDeskDependencies
  readonly #times: RotationTimes
  readonly #remembered = new Map<ConnectionId, Remembered>()
  readonly #ending = new Set<Promise<unknown>>()

  constructor(deps: ConnectionDeskDependencies) {
    this.#deps = deps
    this.#times = { ...ROTATION_TIMES, refreshAheadMs: REFRESH_AHEAD_MS, ...deps.times }
  }

  connectable(): readonly { readonly integration: string; readonly title: string }[] {
    return [...this.#deps.oauth].map(([integration, { title }]) => ({ integration, title: `Connect ${title}` }))
  }

  async of(person: PersonId): Promise<readonly Connection[]> {
    const all = await this.#deps.connections.list(person)
    return all.filter(({ state, owner }) => state !== 'revoked' && owner === person)
  }

  get(id: ConnectionId): Promise<Connection | undefined> {
    return this.#deps.connections.get(id)
  }

  async access(id: ConnectionId, signal: AbortSignal): Promise<UserAccess | Denial> {
    const found = await this.#find(id)
    if (isDenial(found)) return found
    const current = await this.#tokenOf(found.connection, found.oauth).token.current(signal)
    return isDenial(current) ? current : accessOf(current)
  }

  async rejected(id: ConnectionId, generation: number | undefined, signal: AbortSignal): Promise<boolean> {
    const found = await this.#find(id)
    if (isDenial(found)) return true
    const { connection, oauth } = found
    if (generation !== undefined && connection.generation !== generation) return true
    const remembered = this.#tokenOf(connection, oauth)
    const nowMs = this.#deps.clock.monotonicMs()
    if (connection.state !== 'active' || nowMs < remembered.notBeforeMs) return false
    remembered.notBeforeMs = nowMs + VERIFY_EVERY_MS
    const dead = await isDead(connection, oauth, signal)
    if (dead) remembered.token.rejected(connection.generation)
    return dead
  }

  async end(id: ConnectionId, reason: string): Promise<string | undefined> {
    const connection = await this.#deps.connections.get(id)
    if (connection === undefined || connection.state === 'revoked') return undefined
    // Here first: from now on nobody is given it, whatever the upstream takes or does.
    const shared = await this.#isShared(connection)
    await this.#deps.connections.revoke(id, reason)
    this.#remembered.delete(id)
    const oauth = this.#deps.oauth.get(connection.integration)
    if (oauth?.revoke === undefined) return `${connection.integration} has no way to end an authorisation: it can be ended there by hand.`
    const work = this.#endUpstream(connection.tokens, oauth, shared).finally(() => this.#ending.delete(work))
    this.#ending.add(work)
    return work
  }

  async idle(): Promise<void> {
    await Promise.all([...[...this.#remembered.values()].map(({ token }) => token.idle()), ...this.#ending])
  }

  async #find(id: ConnectionId): Promise<{ readonly connection: Connection; readonly oauth: UpstreamOauth } | Denial> {
    const connection = await this.#read(id)
    if (connection === undefined || connection.owner === 'organisation') return deny('connection_required', 'there is no such connection')
    const oauth = this.#deps.oauth.get(connection.integration)
    return oauth === undefined ? deny('connection_required', `people do not connect ${connection.integration} here any more`) : { connection, oauth }
  }

  async #read(id: ConnectionId): Promise<Connection | undefined> {
    try {
      return await this.#deps.connections.get(id)
    } catch (cause) {
      throw new Fault('credential_unavailable', 'the connection could not be read from the store', { cause })
    }
  }

  #tokenOf(connection: Connection, oauth: UpstreamOauth): Remembered {
    const known = this.#remembered.get(connection.id)
    if (known !== undefined) return known
    const { connections, clock, wait } = this.#deps
    const token = new RotatingToken({
      connections,
      load: () => Promise.resolve(connection),
      refresh: (refreshToken, signal) => oauth.refresh(refreshToken, signal),
      onReauthRequired: (notice) => this.#tellReauth(notice, connection),
      discard: async (tokens) => void (await this.#endUpstream(tokens, oauth, true)),
      upstream: oauth.title,
      remedy: 'The person has to connect again.',
      clock,
      times: this.#times,
      ...(wait === undefined ? {} : { wait }),
    })
    this.#makeRoom()
    const remembered = { token, notBeforeMs: -Infinity }
    this.#remembered.set(connection.id, remembered)
    return remembered
  }

  #makeRoom(): void {
    if (this.#remembered.size < MAX_REMEMBERED) return
    for (const [id, { token }] of this.#remembered) {
      if (token.disposable) this.#remembered.delete(id)
      if (this.#remembered.size < MAX_REMEMBERED / 2) return
    }
  }

  #tellReauth(notice: ReauthNotice, { owner }: Connection): void {
    this.#deps.audit.post(reauthRecord(notice, owner))
  }

  /** Whether another connection of ours, of whomever, uses the same account. */
  async #isShared({ id, integration, account }: Connection): Promise<boolean> {
    if (account === undefined) return false
    const all = await this.#deps.connections.list()
    return all.some((one) => one.id !== id && one.integration === integration && one.state !== 'revoked' && one.account?.id === account.id)
  }

  async #endUpstream(tokens: ConnectionTokens, oauth: UpstreamOauth, shared: boolean): Promise<string | undefined> {
    const { timers } = this.#deps
    try {
      await within(timers, END_TIMEOUT_MS, async (signal) => {
        await oauth.revoke?.(await this.#living(tokens, oauth, signal), shared, signal)
      }, () => new Error('the upstream took too long'))
      return undefined
    } catch {
      return `${oauth.title} could not be brought to end the authorisation: it can be ended there by hand.`
    }
  }

  /** An upstream is told by a token that lives; one that has run out is renewed for it. */
  async #living(tokens: ConnectionTokens, oauth: UpstreamOauth, signal: AbortSignal): Promise<ConnectionTokens> {
    const over = tokens.accessExpiresAtMs !== undefined && tokens.accessExpiresAtMs <= this.#deps.clock.nowMs()
    if (!over || tokens.refreshToken === undefined) return tokens
    const outcome = await oauth.refresh(tokens.refreshToken, signal)
    return outcome.kind === 'rotated' ? outcome.successor.tokens : tokens
  }
}

/** Asked of the upstream where it can tell. Where it cannot, only what can be renewed is taken for dead: nobody has to connect again for a rumour. */
async function isDead({ tokens }: Connection, oauth: UpstreamOauth, signal: AbortSignal): Promise<boolean> {
  if (tokens.accessToken === undefined) return false
  const { kind } = await oauth.account(tokens.accessToken, signal)
  return kind === 'dead' || (kind === 'unsaid' && tokens.refreshToken !== undefined)
}

function accessOf({ id, owner, integration, account, scopes, generation, tokens }: Connection): UserAccess {
  if (tokens.accessToken === undefined) throw new TypeError('a current connection has an access token')
  return { connection: id, owner, integration, account, scopes, generation, secret: tokens.accessToken, expiresAtMs: tokens.accessExpiresAtMs }
}
