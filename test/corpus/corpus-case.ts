import type { Code } from '../../src/model/codes.ts'

/** The ways in: by base URL, in absolute form, inside an intercepted tunnel. */
export type Door = 'reverse' | 'absolute' | 'tunnel'
export const DOORS: readonly Door[] = ['reverse', 'absolute', 'tunnel']

/** How one request of a connection ends for the client; `cut`: the connection ends without an answer to it; `untold`: refused by an answer without a body. */
export type Outcome = 'ok' | 'cut' | 'untold' | Code

/** What has to arrive at the upstream, framing taken off. */
export interface Sent {
  readonly method: string
  readonly target: string
  readonly body: string
}

/** Where a case is written for: what a client behind this door puts on a good request. */
export interface Site {
  readonly door: Door
  /** Unique to the case; stands in every path that it asks for. */
  readonly id: string
  /** `/v1/ID`: a path that policy allows, as it arrives at the upstream. */
  readonly path: string
  /** The value of `Host`. */
  readonly host: string
  /** `Authorization: …` or `Proxy-Authorization: …`; none in a tunnel, where the CONNECT had it. */
  readonly proof: readonly string[]
  /** A path and query of the upstream's, as this door asks for it. */
  target(path: string): string
}

/** One thing to send, for each of its doors. */
export interface Row {
  readonly name: string
  readonly write: (site: Site) => string
  /** In order of requests; where a place holds several, any of them. */
  readonly answers: readonly (Outcome | readonly Outcome[])[]
  readonly sent: (site: Site) => readonly Sent[]
  readonly doors: readonly Door[]
  /** The client says that it sends no more, once the bytes are out. */
  readonly thenEnds: boolean
  /** Refused for what it asks, not for how it is written: the connection may go on. */
  readonly judged: boolean
}

export interface Family {
  readonly family: string
  readonly rows: readonly Row[]
}

type Write = (site: Site) => string
type More = Partial<Pick<Row, 'doors' | 'thenEnds' | 'judged'>>

/** Must be refused by one of these codes, and nothing of it sent on. */
export function refused(name: string, code: Outcome | readonly Outcome[], write: Write, more: More = {}): Row {
  return { doors: DOORS, thenEnds: false, judged: false, ...more, name, write, answers: [code], sent: () => [] }
}

/** Must be sent on as exactly this request: by default GET of the case's own path. */
export function taken(name: string, write: Write, sent: Partial<Sent> | ((site: Site) => Partial<Sent>) = {}, more: More = {}): Row {
  const expected = (site: Site): Sent => ({ method: 'GET', target: site.path, body: '', ...(typeof sent === 'function' ? sent(site) : sent) })
  return { doors: DOORS, thenEnds: false, judged: false, ...more, name, write, answers: ['ok'], sent: (site) => [expected(site)] }
}

/** The parts of a request that a case may write in its own way. */
export interface RequestText {
  readonly method?: string
  /** As written; a good one where it is left out. */
  readonly target?: string
  readonly version?: string
  /** Lines in place of the good `Host` line. */
  readonly host?: readonly string[]
  /** Lines in place of the door's own. */
  readonly proof?: readonly string[]
  readonly fields?: readonly string[]
  readonly body?: string
}

/** The bytes of a request that is good but for what the case changes. */
export function request(site: Site, { method = 'GET', target, version = 'HTTP/1.1', host, proof, fields = [], body = '' }: RequestText = {}): string {
  const lines = [...(host ?? [`Host: ${site.host}`]), ...(proof ?? site.proof), ...fields]
  return [`${method} ${target ?? site.target(site.path)} ${version}`, ...lines, '', ''].join('\r\n') + body
}

/** The same for a POST. */
export function post(site: Site, fields: readonly string[], body = '', more: RequestText = {}): string {
  return request(site, { method: 'POST', ...more, fields, body })
}

/** A request that must never arrive: what a smuggler hides behind another. */
export function hidden(site: Site): string {
  return request(site, { target: site.target(`/v1/hidden-${site.id}`) })
}
