import { block, END_HEADERS, END_STREAM, frame, FRAME } from '../../http2/frames.ts'
import type { Outcome, Sent } from '../corpus-case.ts'

/** Where HTTP/2 is spoken: the listener with TLS, and the inside of a tunnel. */
export type H2Door = 'listener' | 'tunnel'
/** What the upstream speaks behind it. */
export type Spoken = 'HTTP/1.1' | 'HTTP/2'

export interface H2Way {
  readonly door: H2Door
  readonly spoken: Spoken
}

/** Every way through. */
export const WAYS: readonly H2Way[] = (['listener', 'tunnel'] as const).flatMap((door) => (['HTTP/1.1', 'HTTP/2'] as const).map((spoken) => ({ door, spoken })))

/** RFC 9113 section 7. */
export const ERRORS = ['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM',
  'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'] as const
export type ErrorName = (typeof ERRORS)[number]

/** How a case ends at the client: an answer; its stream reset alone; the connection ended with an error, or without one. */
export type H2Outcome = Outcome | `reset ${ErrorName}` | `ended ${ErrorName}` | 'ended'

export type Fields = readonly (readonly [name: string, value: string])[]

export interface H2Site extends H2Way {
  /** Unique to the case; stands in every path that it asks for. */
  readonly id: string
  /** `/v1/ID`, as it arrives at the upstream. */
  readonly path: string
  /** What `:authority` says. */
  readonly authority: string
  readonly proof: Fields
  /** A path and query of the upstream's, as this door asks for it. */
  target(path: string): string
}

/** One thing to send on a connection of its own. */
export interface H2Row {
  readonly name: string
  /** What follows the preface and settings. */
  readonly write: (site: H2Site) => Buffer
  /** Whose end is the outcome; 1 unless it says otherwise. */
  readonly stream: number
  readonly outcomes: readonly H2Outcome[]
  /** Where the outcome is `ok`. */
  readonly sent: (site: H2Site) => Sent
  /** What is wrong comes behind a request that is whole by its own word: it may have been sent on before, as that. */
  readonly late: boolean
  /** It writes a preface of its own. */
  readonly bare: boolean
  /** The client says that it sends no more: nothing else would end it. */
  readonly thenEnds: boolean
  readonly doors: readonly H2Door[]
}

export interface H2Family {
  readonly family: string
  readonly rows: readonly H2Row[]
}

type Write = (site: H2Site) => Buffer
type More = Partial<Pick<H2Row, 'stream' | 'late' | 'bare' | 'thenEnds' | 'doors'>>

function row(name: string, outcomes: readonly H2Outcome[], write: Write, sent: Partial<Sent> | ((site: H2Site) => Partial<Sent>), more: More): H2Row {
  const expected = (site: H2Site): Sent => ({ method: 'GET', target: site.path, body: '', ...(typeof sent === 'function' ? sent(site) : sent) })
  return { stream: 1, late: false, bare: false, thenEnds: false, doors: ['listener', 'tunnel'], ...more, name, write, outcomes, sent: expected }
}

/** Must end in one of these ways, and nothing of it be sent on whole. */
export function refusedH2(name: string, outcomes: H2Outcome | readonly H2Outcome[], write: Write, more: More = {}): H2Row {
  return row(name, ([] as H2Outcome[]).concat(outcomes), write, {}, more)
}

/** Must be sent on as exactly this request: by default GET of the case's own path. */
export function takenH2(name: string, write: Write, sent: Partial<Sent> | ((site: H2Site) => Partial<Sent>) = {}, more: More = {}): H2Row {
  return row(name, ['ok'], write, sent, more)
}

/** Must end in one of these ways; what came before may have been sent on, as exactly this request. */
export function lateH2(name: string, outcomes: H2Outcome | readonly H2Outcome[], write: Write, sent: Partial<Sent> | ((site: H2Site) => Partial<Sent>) = {}, more: More = {}): H2Row {
  return row(name, ([] as H2Outcome[]).concat(outcomes), write, sent, { late: true, ...more })
}

/** May be read in one way, or refused. */
export function takenOrRefusedH2(name: string, outcomes: readonly H2Outcome[], write: Write, sent: Partial<Sent> | ((site: H2Site) => Partial<Sent>) = {}, more: More = {}): H2Row {
  return row(name, ['ok', ...outcomes], write, sent, more)
}

/** The parts of a head that a case may write in its own way; an undefined value leaves the field out. */
export interface HeadText {
  readonly ':method'?: string | undefined
  readonly ':scheme'?: string | undefined
  readonly ':authority'?: string | undefined
  readonly ':path'?: string | undefined
  readonly proof?: Fields
  /** Behind the others. */
  readonly fields?: Fields
}

/** A good head but for what the case changes. */
export function head(site: H2Site, change: HeadText = {}): Fields {
  const { proof = site.proof, fields = [] } = change
  const pseudo = { ':method': 'GET', ':scheme': 'https', ':authority': site.authority, ':path': site.target(site.path), ...change }
  const named = ([':method', ':scheme', ':authority', ':path'] as const).flatMap((name) => (pseudo[name] === undefined ? [] : [[name, pseudo[name]] as const]))
  return [...named, ...proof, ...fields]
}

/** HEADERS of a whole request without a body. */
export function whole(fields: Fields, stream = 1): Buffer {
  return frame(FRAME.headers, END_HEADERS | END_STREAM, stream, block(...fields))
}

/** HEADERS of a request whose body is to come. */
export function open(fields: Fields, stream = 1): Buffer {
  return frame(FRAME.headers, END_HEADERS, stream, block(...fields))
}

/** DATA, the last of them unless it says otherwise. */
export function data(body: string | Buffer, flags = END_STREAM, stream = 1): Buffer {
  return frame(FRAME.data, flags, stream, typeof body === 'string' ? Buffer.from(body, 'latin1') : body)
}

/** A good request for the case's own path. */
export const get = (site: H2Site, change: HeadText = {}, stream = 1): Buffer => whole(head(site, change), stream)

/** A POST with fields and a body. */
export const post = (site: H2Site, fields: Fields, body: string, change: HeadText = {}): Buffer =>
  Buffer.concat([open(head(site, { ':method': 'POST', ...change, fields })), data(body)])

/** A request that must never arrive. */
export const hidden = (site: H2Site, stream: number): Buffer => get(site, { ':path': site.target(`/v1/hidden-${site.id}`) }, stream)

/** The same as bytes of HTTP/1: what a smuggler hides in a field or a body. */
export const hiddenHttp1 = (site: H2Site): string => `GET /v1/hidden-${site.id} HTTP/1.1\r\nHost: ${site.authority}\r\n\r\n`
