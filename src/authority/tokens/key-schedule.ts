import type { AuditLog } from '../../audit/log.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'

export interface KeyScheduleDependencies {
  readonly keys: { newestKeySignsFromMs(): number; rotateSigningKey(): Promise<string> }
  readonly audit: Pick<AuditLog, 'post'>
  readonly clock: Clock
  readonly timers: Timers
  onError(error: unknown): void
}

const LOOK_EVERY_MS = 3_600_000
const ROTATE_AFTER_MS = 90 * 86_400_000

/** Replaces the key that signs tokens each ninety days; of several authorities, whoever looks first. */
export class KeySchedule {
  readonly #deps: KeyScheduleDependencies
  #cancel: Cancel = () => undefined

  constructor(deps: KeyScheduleDependencies) {
    this.#deps = deps
  }

  start(): void {
    this.#cancel = this.#deps.timers.after(LOOK_EVERY_MS, () => {
      this.start()
      void this.#look()
    })
  }

  close(): void {
    this.#cancel()
  }

  async #look(): Promise<void> {
    const { keys, audit, clock, onError } = this.#deps
    if (clock.nowMs() < keys.newestKeySignsFromMs() + ROTATE_AFTER_MS) return
    try {
      const kid = await keys.rotateSigningKey()
      audit.post({ event: 'admin.key_rotated', by: 'system', reason: `the key that signs tokens will be ${kid}`, outcome: 'ok' })
    } catch (error) {
      // The old key goes on signing; it is tried again within the hour.
      onError(error)
    }
  }
}
