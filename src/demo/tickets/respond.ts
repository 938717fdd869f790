import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Answer, Call } from '../server/call.ts'
import { eventStream } from '../server/event-stream.ts'
import { parseJsonObject, textOf } from '../server/json-body.ts'
import { jsonReply } from '../server/reply.ts'
import { matchPattern, routePattern, type PathParameters, type RoutePattern } from '../server/route-pattern.ts'
import { pathWithoutKey, presentedKeys, type KeyPlace } from './present-key.ts'
import type { OauthWorld } from './oauth-server.ts'
import type { Family } from './oauth-tokens.ts'
import type { Ticket, TicketComment } from './ticket-book.ts'

const EVENT_INTERVAL_MS = 100
const MAX_COMMENTS = 1_000

/** What the log tells of a key. */
export interface TicketsGrants {
  readonly places: readonly KeyPlace[]
  /** Of a person's token. */
  readonly login?: string
  readonly scopes?: readonly string[]
}

/** All there is in this tracker. */
export interface TicketsWorld {
  readonly clock: Clock
  readonly key: string
  readonly tickets: readonly Ticket[]
  readonly oauth: OauthWorld
}

interface Visit {
  readonly call: Call
  readonly world: TicketsWorld
  readonly parameters: PathParameters
}

interface TicketsRoute {
  readonly method: string
  readonly pattern: RoutePattern
  answer(visit: Visit): Answer
}

const ROUTES: readonly TicketsRoute[] = [
  route('GET', '/v1/tickets', ({ world }) => jsonReply(200, { tickets: world.tickets.map(summary) })),
  route('GET', '/v1/tickets/{id}', (visit) => withTicket(visit, (ticket) => jsonReply(200, ticket))),
  route('POST', '/v1/tickets/{id}/comments', (visit) => withTicket(visit, (ticket) => addComment(visit, ticket))),
  route('GET', '/v1/tickets/{id}/events', (visit) => withTicket(visit, (ticket) => watch(visit, ticket))),
]

/** Answers one call: first the key, which must be right in every place where one stands, then the route. */
export function respond(call: Call, world: TicketsWorld): Answer {
  const keys = presentedKeys(call)
  const places = keys.map(({ place }) => place)
  call.note({ credentialPlaces: places })
  if (keys.length === 0) return problem(401, 'No key', { 'www-authenticate': 'Bearer realm="tickets"' })
  const person = keys.length === 1 && keys[0]?.place === 'bearer' ? world.oauth.tokens.find(keys[0].value) : undefined
  if (person !== undefined) return answerPerson(call, world, person)
  if (!keys.every(({ value }) => sameText(value, world.key))) return problem(401, 'Wrong key', { 'www-authenticate': 'Bearer realm="tickets"' })
  const grants: TicketsGrants = { places }
  call.note({ authenticatedAs: 'key', grants })
  return answerRoute(call, world)
}

/** A person's token reads by `tickets:read`, and writes by `comments:create`. */
function answerPerson(call: Call, world: TicketsWorld, { login, scopes }: Family): Answer {
  const grants: TicketsGrants = { places: ['bearer'], login, scopes }
  call.note({ authenticatedAs: 'user', grants })
  const needed = call.method === 'GET' ? 'tickets:read' : 'comments:create'
  if (scopes.includes(needed)) return answerRoute(call, world)
  return problem(403, 'Not granted', { 'www-authenticate': `Bearer realm="tickets", error="insufficient_scope", scope="${needed}"` })
}

function answerRoute(call: Call, world: TicketsWorld): Answer {
  const path = pathWithoutKey(call.path)
  const matching = ROUTES.flatMap((one) => {
    const parameters = matchPattern(one.pattern, path)
    return parameters === undefined ? [] : [{ one, parameters }]
  })
  const found = matching.find(({ one }) => one.method === call.method)
  if (found === undefined) return matching.length === 0 ? problem(404, 'No such resource') : problem(405, 'No such method')
  call.note({ operation: `${found.one.method} ${found.one.pattern.text}` })
  return found.one.answer({ call, world, parameters: found.parameters })
}

function route(method: string, path: string, answer: (visit: Visit) => Answer): TicketsRoute {
  return { method, pattern: routePattern(path), answer }
}

function withTicket(visit: Visit, answer: (ticket: Ticket) => Answer): Answer {
  const ticket = visit.world.tickets.find((one) => one.id === visit.parameters['id'])
  return ticket === undefined ? problem(404, 'No such ticket') : answer(ticket)
}

function addComment(visit: Visit, ticket: Ticket): Answer {
  const text = textOf(parseJsonObject(visit.call.body) ?? {}, 'text')
  if (text === undefined || text === '') return problem(422, 'A comment needs a text')
  if (ticket.comments.length >= MAX_COMMENTS) return problem(409, 'The ticket is full')
  const number = ticket.comments.length + 1
  const comment: TicketComment = { id: `${ticket.id}-${number}`, text, createdAt: new Date(visit.world.clock.nowMs()).toISOString() }
  ticket.comments.push(comment)
  return jsonReply(201, comment)
}

/** An event each 100 ms until the client leaves. */
function watch(visit: Visit, ticket: Ticket): Answer {
  return eventStream({
    intervalMs: EVENT_INTERVAL_MS,
    count: Number.POSITIVE_INFINITY,
    signal: visit.call.signal,
    event: (index) => JSON.stringify({ ticket: ticket.id, event: index, comments: ticket.comments.length }),
  })
}

function summary({ id, title, status }: Ticket): object {
  return { id, title, status }
}

function problem(status: number, title: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonReply(status, { title, status }, { 'content-type': 'application/problem+json', ...headers })
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
