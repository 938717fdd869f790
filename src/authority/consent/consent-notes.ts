import type { Clock } from '../../lib/clock.ts'
import type { PersonId } from '../../model/ids.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'

const KIND = 'consent'
/** Longer than any interaction lasts. */
const ASKED_MS = 24 * 3_600_000
/** For the second click of a double click, and for a page that did not load. */
const ANSWERED_MS = 60_000

/** What is remembered of an interaction beside it: that it was put on record, and where its answer led. */
export class ConsentNotes {
  readonly #shortLived: ShortLived
  readonly #clock: Clock

  constructor(shortLived: ShortLived, clock: Clock) {
    this.#shortLived = shortLived
    this.#clock = clock
  }

  /** @returns whether this person is asked for the first time: reloading asks nothing new */
  askedFirst(uid: string, person: PersonId): Promise<boolean> {
    return this.#shortLived.putNew({ kind: KIND, id: `asked ${uid} ${person}`, payload: {}, expiresAtMs: this.#clock.nowMs() + ASKED_MS })
  }

  async answered(uid: string, person: PersonId, next: string): Promise<void> {
    await this.#shortLived.put({ kind: KIND, id: `answered ${uid} ${person}`, payload: { next }, expiresAtMs: this.#clock.nowMs() + ANSWERED_MS })
  }

  /** Where the answer that this person gave just now leads; undefined where there is none. */
  async whereAnswered(uid: string, person: PersonId): Promise<string | undefined> {
    const next = (await this.#shortLived.find(KIND, `answered ${uid} ${person}`))?.payload['next']
    return typeof next === 'string' ? next : undefined
  }
}
