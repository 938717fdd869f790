import { randomBytes } from 'node:crypto'
import type { CertifiedKey } from '../../lib/certificates.ts'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { Authorizations } from '../server/authorizations.ts'
import { Canaries } from '../server/canaries.ts'
import { startStandIn, type StandInServer } from '../server/stand-in-server.ts'
import { answerOauth, isOauthCall, type OauthWorld } from './oauth-server.ts'
import { OauthTokens } from './oauth-tokens.ts'
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
  /** Its own OAuth 2 server, under `/oauth`: people connect their accounts there. */
  readonly oauth: TicketsOauth
  canaries(): readonly string[]
}

/** The OAuth server's client, and its switches. */
export interface TicketsOauth {
  readonly clientId: string
  readonly clientSecret: string
  /** What the next person grants in the place of what was asked. */
  grantNext(scopes: readonly string[]): void
  /** What stands in answers as `iss`: undefined for its own, null for none. */
  issuer(issuer: string | null | undefined): void
  /** How many access tokens would be accepted now. */
  liveTokens(): number
}

/** Starts the demo's internal API. */
export async function startTickets(options: TicketsOptions = {}): Promise<Tickets> {
  const canaries = new Canaries()
  const key = canaries.add(`tk_${randomBytes(24).toString('base64url')}`)
  const clock = options.clock ?? systemClock
  const oauth = makeOauth(clock, canaries)
  const world: TicketsWorld = { clock, key, tickets: seedTickets(), oauth }
  const server = await startStandIn<TicketsGrants>({
    port: options.port,
    ca: options.ca,
    clock: world.clock,
    names: NAMES,
    respond: (call) => (isOauthCall(call) ? answerOauth(call, oauth) : respond(call, world)),
  })
  return { ...server, key, tickets: world.tickets, oauth: switchesOf(oauth), canaries: () => canaries.values() }
}

function makeOauth(clock: Clock, canaries: Canaries): OauthWorld {
  return {
    client: { id: 'postern', secret: canaries.add(randomBytes(20).toString('hex')) },
    tokens: new OauthTokens(clock, canaries),
    authorizations: new Authorizations(clock),
    canaries,
    grantsNext: undefined,
    issuer: undefined,
  }
}

function switchesOf(world: OauthWorld): TicketsOauth {
  return {
    clientId: world.client.id,
    clientSecret: world.client.secret,
    grantNext: (scopes) => { world.grantsNext = scopes },
    issuer: (issuer) => { world.issuer = issuer },
    liveTokens: () => world.tokens.live,
  }
}
