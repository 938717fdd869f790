import { isDenial, type Denial } from '../../model/denial.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Closable, ConnectionPlace, ConnectionPlaces } from '../connection-places.ts'
import type { AgentUse } from '../exchange.ts'
import type { Admission } from './admission.ts'

/** A member of the ring of connections that nobody has proven anything on, oldest first. */
class Slot implements ConnectionPlace {
  readonly connection: Closable
  use: AgentUse | undefined
  previous: Slot | undefined
  next: Slot | undefined
  open = true

  constructor(connection: Closable) {
    this.connection = connection
  }

  get owner(): AgentId | undefined {
    return this.use?.agent
  }
}

/**
 * Holds the bound of connections. Those that an agent has proven itself on are that agent's, in fair shares; what is left belongs to those
 * that have shown nothing yet, and where none is left the oldest of these makes room: ten thousand half-open connections end one
 * another, and who comes with a proof has as long for it as it takes the others to fill all of that room again. All O(1).
 */
export class ConnectionSlots implements ConnectionPlaces {
  readonly #admission: Admission
  readonly #max: number
  #open = 0
  #unproven = 0
  #evicted = 0
  #oldest: Slot | undefined
  #newest: Slot | undefined

  constructor(admission: Admission, maxConnections: number) {
    this.#admission = admission
    this.#max = maxConnections
  }

  /** Connections that are open. */
  get open(): number {
    return this.#open
  }

  /** Those among them on which no agent has proven itself. */
  get unproven(): number {
    return this.#unproven
  }

  /** How many had to make room. */
  get evicted(): number {
    return this.#evicted
  }

  /** @returns undefined where every place is an agent's: the connection is then to be closed unheard */
  add(connection: Closable): ConnectionPlace | undefined {
    if (this.#open >= this.#max && !this.#evictOldest()) return undefined
    const slot = new Slot(connection)
    this.#open += 1
    this.#append(slot)
    return slot
  }

  /** An agent was identified on it: from the first one on it is that agent's. @returns `overloaded` where the agent has its share already */
  prove(slot: ConnectionPlace | undefined, agent: AgentId): Denial | undefined {
    if (!(slot instanceof Slot) || !slot.open || slot.use !== undefined) return undefined
    const use = this.#admission.beginConnection(agent)
    if (isDenial(use)) return use
    this.#unlink(slot)
    slot.use = use
    return undefined
  }

  /** It has closed. Idempotent. */
  remove(slot: ConnectionPlace): void {
    if (!(slot instanceof Slot) || !slot.open) return
    slot.open = false
    this.#open -= 1
    if (slot.use === undefined) this.#unlink(slot)
    else this.#admission.endConnection(slot.use)
  }

  #evictOldest(): boolean {
    const oldest = this.#oldest
    if (oldest === undefined) return false
    this.#evicted += 1
    // At once, and not when its close is heard: its place is taken in this very turn.
    this.remove(oldest)
    oldest.connection.destroy()
    return true
  }

  #append(slot: Slot): void {
    this.#unproven += 1
    slot.previous = this.#newest
    if (this.#newest === undefined) this.#oldest = slot
    else this.#newest.next = slot
    this.#newest = slot
  }

  #unlink(slot: Slot): void {
    this.#unproven -= 1
    if (slot.previous === undefined) this.#oldest = slot.next
    else slot.previous.next = slot.next
    if (slot.next === undefined) this.#newest = slot.previous
    else slot.next.previous = slot.previous
    slot.previous = undefined
    slot.next = undefined
  }
}
