import type { Clock } from '../../lib/clock.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'
import type { AgentId } from '../../model/ids.ts'
import { HISTORY_KEPT_MS } from '../../store/ports/history.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Registry } from '../registry/registry.ts'
import type { DelegationEnding } from './delegation-ending.ts'

export interface SweeperDependencies {
  readonly store: Pick<Store, 'delegations' | 'approvals' | 'shortLived'>
  readonly registry: Registry
  readonly ending: DelegationEnding
  /** Ends the approvals whose time is over. */
  readonly approvals: { expireDue(): Promise<void> }
  readonly clock: Clock
  readonly timers: Timers
  readonly onError: (error: unknown) => void
}

const OVER = { by: 'system', reason: 'its time is over' } as const
const EVERY_MS = 1_000
/** In one go; what is left waits for the next. */
const BATCH = 100
const FORGET_EVERY_MS = 3_600_000
/** Codes, tokens and states that are over are given to nobody; they only take room. */
const FORGET_SHORT_EVERY_MS = 60_000
const FORGET_SHORT_BATCH = 500
/** So long a revocation may take by itself: only what it left behind is ended here. */
const REVOCATION_MS = 30_000

/**
 * Ends what is over: in the live copy at once, with its streams, whether or not the store can be reached; then in the store, on record. It
 * also ends what a revocation left that was cut short by a crash, and what a revoked agent of the configuration still has.
 */
export class Sweeper {
  readonly #deps: SweeperDependencies
  #cancel: Cancel = () => undefined
  #underWay: Promise<void> = Promise.resolve()
  #closed = false
  #forgottenAtMs = -Infinity
  #forgottenShortAtMs = -Infinity
  /** Since when an agent that is revoked has delegations; monotonic. */
  readonly #leftSince = new Map<AgentId, number>()

  constructor(deps: SweeperDependencies) {
    this.#deps = deps
  }

  start(): void {
    this.#cancel = this.#deps.timers.after(EVERY_MS, () => {
      // Never waits for the store: streams end in time.
      this.#deps.registry.expireDue()
      this.#underWay = this.#sweep().finally(() => { if (!this.#closed) this.start() })
    })
  }

  /** Resolves once what was under way has ended. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#underWay
  }

  async #sweep(): Promise<void> {
    const steps = [
      () => this.#expireDelegations(), () => this.#expireSessions(), () => this.#endRevokedAgents(), () => this.#deps.approvals.expireDue(),
      () => this.#forget(), () => this.#forgetShortLived(),
    ]
    for (const step of steps) {
      // One that cannot be done now is no reason to leave the others; it is done the next time.
      await step().catch(this.#deps.onError)
    }
  }

  async #expireDelegations(): Promise<void> {
    const { store, ending, clock } = this.#deps
    for (const { id } of await store.delegations.overdue(clock.nowMs(), BATCH)) await ending.delegation(id, 'expired', OVER)
  }

  async #expireSessions(): Promise<void> {
    const { store, ending, clock } = this.#deps
    for (const { id } of await store.delegations.overdueSessions(clock.nowMs(), BATCH)) await ending.session(id, 'expired', OVER)
  }

  /** Only where an agent is known to be revoked: one that is not known here may stand in the configuration of another process. */
  async #endRevokedAgents(): Promise<void> {
    const { registry, ending, clock } = this.#deps
    const nowMs = clock.monotonicMs()
    const revoked = registry.live.agents().filter((agent) => registry.agent(agent)?.status === 'revoked')
    for (const agent of this.#leftSince.keys()) if (!revoked.includes(agent)) this.#leftSince.delete(agent)
    for (const agent of revoked) if (!this.#leftSince.has(agent)) this.#leftSince.set(agent, nowMs)
    const due = revoked.filter((agent) => nowMs - (this.#leftSince.get(agent) ?? nowMs) >= REVOCATION_MS)
    for (const id of due.flatMap((agent) => registry.live.ofAgent(agent)).slice(0, BATCH)) {
      await ending.delegation(id, 'revoked', { by: 'system', reason: 'the agent is revoked' })
    }
  }

  async #forget(): Promise<void> {
    const { store, clock } = this.#deps
    if (clock.monotonicMs() - this.#forgottenAtMs < FORGET_EVERY_MS) return
    const beforeMs = clock.nowMs() - HISTORY_KEPT_MS
    const forgotten = await store.delegations.forgetEnded(beforeMs, BATCH) + await store.approvals.forgetEnded(beforeMs, BATCH)
    // More of it waits: goes on the next time.
    if (forgotten < BATCH) this.#forgottenAtMs = clock.monotonicMs()
  }
  async #forgetShortLived(): Promise<void> {
    const { store, clock } = this.#deps
    if (clock.monotonicMs() - this.#forgottenShortAtMs < FORGET_SHORT_EVERY_MS) return
    const forgotten = await store.shortLived.sweep(clock.nowMs(), FORGET_SHORT_BATCH)
    if (forgotten < FORGET_SHORT_BATCH) this.#forgottenShortAtMs = clock.monotonicMs()
  }
}
