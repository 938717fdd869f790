import { randomBytes } from 'node:crypto'
import type { CertifiedKey } from '../../lib/certificates.ts'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { Canaries } from '../server/canaries.ts'
import { startStandIn, type StandInServer } from '../server/stand-in-server.ts'
import { respond, type TicketsGrants, type TicketsWorld } from './respond.ts'
import { seedTickets, type Ticket } from './ticket-book.ts'

const NAMES = ['localhost', 'tickets.localhost', 'tickets.internal.acme.com']

export interface TicketsOptions {
  /** 0 or absent for any. */
  readonly port?: number
  readonly clock?: Clock
  /** Signs the server's certificate; absent for an authority of its own. */
  readonly ca?: CertifiedKey
}

/** An internal API with one static key, which it takes in every place that a key can stand in. */
export interface Tickets extends StandInServer<TicketsGrants> {
  /** As Bearer, `token`, Basic password, `X-Api-Key`, `api_key` in the query, or `/bot{key}/…`. */
  readonly key: string
  readonly tickets: readonly Ticket[]
  canaries(): readonly string[]
}

/** Starts the demo's internal API. */
export async function startTickets(options: TicketsOptions = {}): Promise<Tickets> {
  const canaries = new Canaries()
  const key = canaries.add(`tk_${randomBytes(24).toString('base64url')}`)
  const world: TicketsWorld = { clock: options.clock ?? systemClock, key, tickets: seedTickets() }
  const server = await startStandIn<TicketsGrants>({
    port: options.port,
    ca: options.ca,
    clock: world.clock,
    names: NAMES,
    respond: (call) => respond(call, world),
  })
  return { ...server, key, tickets: world.tickets, canaries: () => canaries.values() }
}
