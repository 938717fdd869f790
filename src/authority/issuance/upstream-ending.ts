import type { AuditLog } from '../../audit/log.ts'
import type { Issuer } from '../../integrations/issuer.ts'
import type { CredentialId } from '../../model/ids.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import type { LiveCredentials } from '../../store/ports/live-credentials.ts'
import { Gate } from './gate.ts'
import { endedRecord, type Ended, type EndReason, type UpstreamOutcome } from './issuance-records.ts'
import type { IssuanceLimits } from './issuance-limits.ts'

/** What is needed to end a credential. */
export interface Endable extends Ended {
  readonly secret: Secret
}

/** What ending works with. */
export interface UpstreamEndingDependencies {
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly live: LiveCredentials
  readonly audit: AuditLog
  readonly timers: Timers
  readonly limits: IssuanceLimits
  /** Told of what is over for good. */
  onForgotten(id: CredentialId): void
}

/**
 * Ends credentials where they live, tries again while the upstream is down, and records each end once.
 * What could not be ended stays in the store of live credentials, for the next start.
 */
export class UpstreamEnding {
  readonly #deps: UpstreamEndingDependencies
  readonly #gate: Gate
  readonly #underWay = new Set<Promise<UpstreamOutcome>>()
  readonly #pauses = new Set<() => void>()
  #hurried = false

  constructor(deps: UpstreamEndingDependencies) {
    this.#deps = deps
    const { concurrentRevokes } = deps.limits
    this.#gate = new Gate({ inside: concurrentRevokes, insidePerOwner: concurrentRevokes, waiting: Infinity, waitingPerOwner: Infinity })
  }

  /** Never rejects. Whoever calls it has made sure that nobody else ends the same credential. */
  end(ended: Endable, why: EndReason): Promise<UpstreamOutcome> {
    const work = this.#end(ended, why).finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
    return work
  }

  /** From now on nothing is tried a second time. */
  hurry(): void {
    this.#hurried = true
    for (const wake of this.#pauses) wake()
  }

  /** Resolves once everything that is under way has ended or was given up. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async #end(ended: Endable, why: EndReason): Promise<UpstreamOutcome> {
    const upstream = await this.#atUpstream(ended)
    if (upstream === 'failed' && this.#hurried) return upstream
    if (upstream === 'ended') await this.#forget(ended)
    else if (upstream === 'not_supported') this.#deps.onForgotten(ended.id)
    this.#deps.audit.post(endedRecord(ended, why, upstream))
    return upstream
  }

  async #atUpstream(ended: Endable): Promise<UpstreamOutcome> {
    const revoke = this.#deps.issuers.get(ended.integration)?.revoke
    if (revoke === undefined) return 'not_supported'
    let pauseMs = this.#deps.limits.firstRevokePauseMs
    for (let attempt = 1; attempt <= this.#deps.limits.revokeAttempts; attempt += 1) {
      if (await this.#attempt(ended, revoke)) return 'ended'
      if (this.#hurried) break
      if (attempt < this.#deps.limits.revokeAttempts) await this.#pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, this.#deps.limits.longestRevokePauseMs)
    }
    return 'failed'
  }

  async #attempt(ended: Endable, revoke: NonNullable<Issuer['revoke']>): Promise<boolean> {
    const { timers, limits } = this.#deps
    const never = new AbortController().signal
    const call = (): Promise<void> =>
      within(timers, limits.revokeTimeoutMs, (signal) => revoke(ended.secret, signal), () => new Error('the upstream took too long'))
    try {
      await this.#gate.run(ended.integration, never, call, () => new Error('unreachable: the queue has no bound'))
      return true
    } catch {
      // Why it failed matters to nobody: it is tried again, and the record says when it was given up.
      return false
    }
  }

  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.timers.after(pauseMs, wake)
      const pauses = this.#pauses
      function wake(): void {
        cancel()
        pauses.delete(wake)
        resolve()
      }
      pauses.add(wake)
    })
  }

  async #forget(ended: Endable): Promise<void> {
    // A row that stays is ended once more at the next start, which does no harm.
    await this.#deps.live.remove(ended.id).then(() => this.#deps.onForgotten(ended.id), () => undefined)
  }
}
