import type { AuditLog } from '../../audit/log.ts'
import type { DelegationId, SessionId } from '../../model/ids.ts'
import type { EndedDelegation, StoredSession } from '../../store/ports/delegations.ts'
import type { Store } from '../../store/ports/store.ts'
import type { IssuedTokens } from '../oauth/contract.ts'
import type { Registry } from '../registry/registry.ts'
import { partyNames } from './party-names.ts'
import { recordDone } from './record-done.ts'
import { endedRecords, sessionEndedRecord, type Ending } from './ending-records.ts'

export interface DelegationEndingDependencies {
  readonly store: Pick<Store, 'delegations' | 'people'>
  readonly registry: Registry
  readonly tokens: IssuedTokens
  readonly audit: AuditLog
  /** Told of what could not be done beside the end itself; the ended session refuses its tokens all the same. */
  readonly onError: (error: unknown) => void
}

/** What the end of one session did. */
export interface SessionEndResult extends Pick<EndResult, 'streamsCut' | 'tokensLeft'> {
  readonly session: StoredSession
  /** False where it had ended before. */
  readonly changed: boolean
}

/** What the end of one delegation did. */
export interface EndResult {
  readonly ended: EndedDelegation
  readonly streamsCut: number
  /** Sessions whose tokens are still stored, and refused since the session has ended. */
  readonly tokensLeft: readonly SessionId[]
}

/**
 * Ends delegations and sessions, in the one order in which nothing fails open: durable in the store, refused here and in the proxy with the
 * open streams cut, on record, and the tokens gone. Each step may be repeated: after a crash the whole is run again.
 */
export class DelegationEnding {
  readonly #deps: DelegationEndingDependencies

  constructor(deps: DelegationEndingDependencies) {
    this.#deps = deps
  }

  /** @returns undefined where there is no such delegation @throws StoreError where it could not be ended */
  async delegation(id: DelegationId, why: 'revoked' | 'expired', ending: Ending): Promise<EndResult | undefined> {
    const { store, registry, audit } = this.#deps
    const ended = await store.delegations.end(id, why, ending.by, ending.reason)
    if (ended === undefined) return undefined
    const streamsCut = registry.delegationEnded(id, ended.delegation.state === 'expired' ? 'expired' : 'revoked')
    if (ended.changed) {
      const names = await partyNames(ended.delegation, registry, store.people)
      await recordDone(audit, endedRecords(ended, why, ending, names))
    }
    return { ended, streamsCut, tokensLeft: await this.#endTokens(ended.changed ? ended.sessions : await this.#sessionsOf(id)) }
  }

  /** @returns undefined where there is no such session @throws StoreError where it could not be ended */
  async session(id: SessionId, why: 'revoked' | 'expired', ending: Ending): Promise<SessionEndResult | undefined> {
    const { store, registry, audit } = this.#deps
    const session = await store.delegations.session(id)
    if (session === undefined) return undefined
    const changed = await store.delegations.endSession(id, why)
    const streamsCut = registry.sessionEnded(id)
    if (changed) await recordDone(audit, [sessionEndedRecord(session, why, ending, await partyNames(session, registry, store.people))])
    return { session, changed, streamsCut, tokensLeft: await this.#endTokens([id]) }
  }

  async #endTokens(sessions: readonly SessionId[]): Promise<SessionId[]> {
    const left: SessionId[] = []
    for (const session of sessions) {
      try {
        await this.#deps.tokens.endSession(session)
      } catch (error) {
        this.#deps.onError(error)
        left.push(session)
      }
    }
    return left
  }

  /** Of one that had ended before: a crash may have left its tokens. */
  async #sessionsOf(delegation: DelegationId): Promise<readonly SessionId[]> {
    const page = await this.#deps.store.delegations.sessions({ delegation }, { limit: 500 })
    return page.items.map(({ id }) => id)
  }
}
