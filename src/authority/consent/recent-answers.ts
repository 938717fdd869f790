import type { Clock } from '../../lib/clock.ts'
import type { PersonId } from '../../model/ids.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'

const KIND = 'consent'
/** For the second click of a double click, and for a page that did not load. */
const KEPT_MS = 60_000

/** Where the answers that were given just now lead: an interaction itself is over by then. */
export class RecentAnswers {
  readonly #shortLived: ShortLived
  readonly #clock: Clock

  constructor(shortLived: ShortLived, clock: Clock) {
    this.#shortLived = shortLived
    this.#clock = clock
  }

  async keep(uid: string, person: PersonId, next: string): Promise<void> {
    await this.#shortLived.put({ kind: KIND, id: `${uid} ${person}`, payload: { next }, expiresAtMs: this.#clock.nowMs() + KEPT_MS })
  }

  /** Of the same person alone. */
  async find(uid: string, person: PersonId): Promise<string | undefined> {
    const next = (await this.#shortLived.find(KIND, `${uid} ${person}`))?.payload['next']
    return typeof next === 'string' ? next : undefined
  }
}
