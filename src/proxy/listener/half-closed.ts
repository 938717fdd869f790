import type { Socket } from 'node:net'
import type { Cancel, Timers } from '../../lib/timers.ts'
import type { Connection } from './connection.ts'

/**
 * Between one look and the next, the last of them again and again. Most answers are there before the first; a client next door that has gone
 * is found out by the second, one at the end of a slow line by the fourth.
 */
const LOOKS_MS = [20, 60, 200, 500, 1_000, 2_500, 6_000, 15_000, 30_000] as const
const LAST_LOOK = LOOKS_MS.length - 1
/** An answer that has stood still for so long in its middle, where nothing can be shown ahead, is given up. */
const STILL_MS = 4_000
const STILL_LOOK_MS = 500

/**
 * Watches a client that has just ended its side while answers are under way: it waits for them, or it has gone, which looks the same. Only
 * what is written tells: a peer that has gone answers the first byte with a reset, and the next write fails. So a byte of the answer is
 * shown ahead every now and then; the socket's close ends everything else.
 * @param connection of the socket: nothing is done once no answer is under way there
 * @see docs/adr/0048-half-closed-clients.md
 */
export function watchHalfClosed(connection: Pick<Connection, 'open'>, socket: Socket, timers: Timers): void {
  if (connection.open.size > 0) new HalfClosed(connection, socket, timers).begin()
}

class HalfClosed {
  readonly #connection: Pick<Connection, 'open'>
  readonly #socket: Socket
  readonly #timers: Timers
  #cancel: Cancel = () => undefined
  #looks = 0
  #written = 0
  /** For how long nothing was written, while nothing could be shown. */
  #stillMs = 0

  constructor(connection: Pick<Connection, 'open'>, socket: Socket, timers: Timers) {
    this.#connection = connection
    this.#socket = socket
    this.#timers = timers
    this.#written = socket.bytesWritten
  }

  begin(): void {
    this.#socket.once('close', () => this.#cancel())
    this.#wait(LOOKS_MS[0])
  }

  #wait(delayMs: number): void {
    this.#cancel = this.#timers.after(delayMs, () => this.#look(delayMs))
  }

  #look(sinceMs: number): void {
    const socket = this.#socket
    if (socket.destroyed || this.#connection.open.size === 0) return
    const moved = socket.bytesWritten !== this.#written
    let speechless = false
    for (const client of this.#connection.open) speechless = client.showByte(moved) === 'speechless' || speechless
    this.#written = socket.bytesWritten
    this.#stillMs = speechless && !moved ? this.#stillMs + sinceMs : 0
    if (this.#stillMs >= STILL_MS) return void socket.destroy()
    this.#looks = Math.min(this.#looks + 1, LAST_LOOK)
    this.#wait(speechless ? STILL_LOOK_MS : LOOKS_MS[this.#looks] ?? STILL_LOOK_MS)
  }
}
