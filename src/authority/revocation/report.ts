import type { ConnectionId, DelegationId, SessionId } from '../../model/ids.ts'
import type { EndResult } from '../delegations/delegation-ending.ts'
import type { CredentialEnds, RevocationReport } from './contract.ts'

/** Gathers what a revocation did, until it is reported. */
export class ReportDraft {
  readonly #revoked: string
  readonly #delegations = new Set<DelegationId>()
  readonly #sessions = new Set<SessionId>()
  readonly #connections = new Set<ConnectionId>()
  readonly #credentials = new Map<string, CredentialEnds>()
  readonly #left = new Set<string>()
  #changed = false
  #streamsCut = 0

  constructor(revoked: string) {
    this.#revoked = revoked
  }

  /** Something was revoked that was not before. */
  changed(was: boolean): void {
    this.#changed ||= was
  }

  cut(streams: number): void {
    this.#streamsCut += streams
  }

  left(sentence: string): void {
    this.#left.add(sentence)
  }

  delegation({ ended, streamsCut, tokensLeft }: EndResult): void {
    this.changed(ended.changed)
    this.cut(streamsCut)
    if (ended.changed) {
      this.#delegations.add(ended.delegation.id)
      for (const session of ended.sessions) this.#sessions.add(session)
    }
    this.tokensLeft(tokensLeft)
  }

  session(id: SessionId): void {
    this.#sessions.add(id)
  }

  connection(id: ConnectionId): void {
    this.#connections.add(id)
  }

  tokensLeft(sessions: readonly SessionId[]): void {
    for (const session of sessions) this.left(`The tokens of ${session} could not be forgotten; they are refused, since it has ended.`)
  }

  credentials(ends: readonly CredentialEnds[]): void {
    for (const { integration, dropped, revokedUpstream } of ends) {
      const before = this.#credentials.get(integration)
      this.#credentials.set(integration, {
        integration, dropped: dropped + (before?.dropped ?? 0), revokedUpstream: revokedUpstream + (before?.revokedUpstream ?? 0),
      })
    }
  }

  finish(): RevocationReport {
    const credentials = [...this.#credentials.values()]
    const alive = credentials.filter(({ dropped, revokedUpstream }) => revokedUpstream < dropped)
    return {
      revoked: this.#revoked,
      changed: this.#changed,
      delegations: [...this.#delegations],
      sessions: [...this.#sessions],
      connections: [...this.#connections],
      credentials,
      streamsCut: this.#streamsCut,
      left: [...this.#left, ...alive.map(({ integration, dropped, revokedUpstream }) =>
        `${integration}: ${dropped - revokedUpstream} of ${dropped} credentials could not be revoked there; they are dropped here, and good there until they run out or are replaced.`)],
    }
  }
}
