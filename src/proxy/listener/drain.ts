import type { Socket } from 'node:net'
import type { Roster } from '../../lib/roster.ts'
import type { Timers } from '../../lib/timers.ts'

/** An exchange under way, as far as its end matters. */
export interface OpenExchange {
  /** No further request of its connection is answered: the client is told so, where that is still possible. */
  endConnection(): void
  onClose(listener: () => void): () => void
}

/** Connections that end by themselves, each with its last exchange. */
interface EndingConnections {
  readonly size: number
  /** No further exchanges. @param whenGone called once no connection is left */
  close(whenGone: () => void): void
}

/** What is open in a listener. */
export interface OpenThings {
  readonly server: { close(closed: () => void): unknown; closeIdleConnections(): void }
  /** Every accepted connection. */
  readonly sockets: ReadonlySet<Socket>
  /** Those whose bytes pass unread: whether something is under way there, nobody here can tell. */
  readonly relays: ReadonlySet<Socket>
  readonly open: Pick<Roster<OpenExchange>, 'size' | typeof Symbol.iterator>
  readonly http2: EndingConnections
  readonly timers: Timers
}

/** Stops accepting, lets answers and relays end within the time, then cuts. Resolves once everything is closed. */
export function drain(things: OpenThings, graceMs: number): Promise<void> {
  const { server, sockets, relays, open, http2, timers } = things
  return new Promise((resolve) => {
    const cut = (): void => {
      for (const socket of sockets) socket.destroy()
    }
    const cancel = timers.after(graceMs, cut)
    server.close(() => {
      cancel()
      resolve()
    })
    server.closeIdleConnections()
    const look = (): void => {
      if (open.size > 0 || http2.size > 0) return
      for (const socket of sockets) if (!relays.has(socket)) socket.destroySoon()
    }
    for (const client of open) {
      client.endConnection()
      // After the listener's own handler has taken it off the set.
      client.onClose(() => setImmediate(look))
    }
    http2.close(look)
    look()
  })
}
