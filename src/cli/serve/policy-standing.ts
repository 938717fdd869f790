import type { PolicyStatus } from '../../authority/admin/admin-deps.ts'
import type { Clock } from '../../lib/clock.ts'
import { formatProblem } from '../../lib/source-position.ts'
import type { PolicyEvent } from '../../policy/watch.ts'

/** Since when the policies are in force, and what became of the last change to them. */
export class PolicyStanding {
  readonly #clock: Clock
  #loadedAtMs: number
  #rejected: PolicyStatus['rejected']

  constructor(clock: Clock) {
    this.#clock = clock
    this.#loadedAtMs = clock.nowMs()
  }

  note(event: PolicyEvent): void {
    const nowMs = this.#clock.nowMs()
    if (event.kind === 'loaded') this.#loadedAtMs = nowMs
    this.#rejected = event.kind === 'loaded' ? undefined : { atMs: nowMs, problems: event.problems.map(formatProblem) }
  }

  of(hash: string): PolicyStatus {
    return { hash, loadedAtMs: this.#loadedAtMs, rejected: this.#rejected }
  }
}
