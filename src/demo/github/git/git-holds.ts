import type { Call } from '../../server/call.ts'
import type { Hold } from '../../server/faults.ts'

interface Planned {
  readonly afterBytes: number
  readonly reached: () => void
  readonly released: Promise<void>
}

/** Stops packs on their way, so that something can happen while a clone is under way. */
export class GitHolds {
  #planned: Planned | undefined

  /** The next pack that is fetched stops once so many bytes of it have gone, until it is released or its reader has left. */
  holdNext(afterBytes: number): Hold {
    const reached = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    this.#planned = { afterBytes, reached: reached.resolve, released: released.promise }
    return { reached: reached.promise, release: released.resolve }
  }

  /** @returns what the answer waits for before its next bytes, undefined where it goes on */
  held(call: Call, bytes: number): Promise<void> | undefined {
    const planned = this.#planned
    if (planned === undefined || bytes < planned.afterBytes || !call.path.endsWith('/git-upload-pack')) return undefined
    this.#planned = undefined
    planned.reached()
    const left = Promise.withResolvers<void>()
    call.signal.addEventListener('abort', () => left.resolve(), { once: true })
    return Promise.race([planned.released, left.promise])
  }
}
