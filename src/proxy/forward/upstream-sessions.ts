import { createHash } from 'node:crypto'
import type { HeaderList } from '../../http/request.ts'
import type { Integration } from '../../integrations/integration.ts'
import { BoundedCache } from '../../lib/bounded-cache.ts'
import { deny, type Denial } from '../../model/denial.ts'
import type { Principal } from '../../model/principal.ts'

export interface SessionBounds {
  readonly maxSessions: number
  /** Beyond it an owner's oldest is forgotten, so that none can have another's forgotten. */
  readonly maxPerOwner: number
}

export const SESSION_BOUNDS: SessionBounds = { maxSessions: 65_536, maxPerOwner: 256 }

interface Session {
  readonly owner: string
}

/**
 * Whose each of the upstreams' own sessions is: the principal's to whom the upstream gave it, as the answers went by. What is not known here
 * is nobody's, so that a session that was guessed, stolen or begun before a restart is refused, and the client begins a new one.
 * Keeps digests, no ids.
 */
export class UpstreamSessions {
  readonly #sessions: BoundedCache<Session>
  /** By owner, the oldest first. */
  readonly #owned = new Map<string, Set<string>>()
  readonly #maxPerOwner: number

  constructor({ maxSessions, maxPerOwner }: SessionBounds = SESSION_BOUNDS) {
    this.#sessions = new BoundedCache(maxSessions, ({ owner }, key) => this.#disown(owner, key))
    this.#maxPerOwner = maxPerOwner
  }

  get size(): number {
    return this.#sessions.size
  }

  /** @param id as the request has it; undefined where it has none */
  refusal(principal: Principal, integration: string, id: string | undefined): Denial | undefined {
    if (id === undefined) return undefined
    const session = this.#sessions.get(keyOf(integration, id))
    if (session?.owner === ownerOf(principal)) return undefined
    const detail = session === undefined ? 'the session is not known here: it was ended, forgotten, or never given out' : 'the session was given to another principal'
    return deny('upstream_session_unknown', detail, { hint: 'Begin a new session with initialize.' })
  }

  /** The upstream gave this session out, or named it again. @returns false where it is another's */
  given(principal: Principal, integration: string, id: string): boolean {
    const key = keyOf(integration, id)
    const owner = ownerOf(principal)
    const known = this.#sessions.get(key)
    if (known !== undefined) return known.owner === owner
    this.#sessions.set(key, { owner })
    const owned = this.#owned.get(owner) ?? new Set()
    this.#owned.set(owner, owned.add(key))
    const [oldest] = owned
    if (owned.size > this.#maxPerOwner && oldest !== undefined) this.#forget(owner, oldest)
    return true
  }

  /** The upstream has ended it. */
  ended(principal: Principal, integration: string, id: string): void {
    const key = keyOf(integration, id)
    if (this.#sessions.get(key)?.owner === ownerOf(principal)) this.#forget(ownerOf(principal), key)
  }

  #forget(owner: string, key: string): void {
    this.#sessions.delete(key)
    this.#disown(owner, key)
  }

  #disown(owner: string, key: string): void {
    const owned = this.#owned.get(owner)
    owned?.delete(key)
    if (owned?.size === 0) this.#owned.delete(owner)
  }
}

/** The id of the session that a request names. */
export function sessionOf(headers: HeaderList, { sessions }: Pick<Integration, 'sessions'>): string | undefined {
  if (sessions === undefined) return undefined
  for (let at = 0; at + 1 < headers.length; at += 2) if (headers[at]?.toLowerCase() === sessions.header) return headers[at + 1]
  return undefined
}

function ownerOf({ agent, delegation, via }: Principal): string {
  return `${agent} ${delegation?.id ?? ''} ${via ?? ''}`
}

function keyOf(integration: string, id: string): string {
  return `${integration} ${createHash('sha256').update(id).digest('base64url')}`
}
