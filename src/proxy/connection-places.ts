import type { AgentId } from '../model/ids.ts'

/** What can be ended without a word. */
export interface Closable {
  destroy(): void
}

/** The place of one accepted connection among all of them. */
export interface ConnectionPlace {
  /** Whose it is; undefined until an agent has proven itself on it. */
  readonly owner: AgentId | undefined
}

/** Holds the bound of connections, over all listeners of one proxy. */
export interface ConnectionPlaces {
  /** @returns undefined where there is no room: the connection is then to be closed unheard */
  add(connection: Closable): ConnectionPlace | undefined
  /** It has closed. Idempotent. */
  remove(place: ConnectionPlace): void
}

/** A connection that becomes a tunnel, as far as it takes a place. */
export interface HeldConnection {
  readonly place: ConnectionPlace | undefined
  /** Runs once, when it has closed; soon where it has already. */
  onClose(listener: () => void): void
}
