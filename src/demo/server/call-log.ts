import type { CallFacts } from './call.ts'

const MAX_ENTRIES = 2_000
const MAX_BODY_BYTES = 16_384

/**
 * One request as it arrived. Raw headers, target and body hold the very credentials that were sent:
 * for tests to look into, never to be printed.
 */
export interface LoggedCall<Grants> {
  /** Counts from 1 over the server's life. */
  readonly seq: number
  /** Wall clock of the stand-in, milliseconds. */
  readonly atMs: number
  /** Which connection it came on; counts from 1. */
  readonly connection: number
  readonly method: string
  readonly host: string
  /** As sent, before `?`. */
  readonly path: string
  readonly queryNames: readonly string[]
  readonly rawTarget: string
  /** Name and value as sent, in order, duplicates included. */
  readonly rawHeaders: readonly (readonly [string, string])[]
  /** The first 16 KiB. */
  readonly body: Buffer
  readonly bodyBytes: number
  readonly operation: string | undefined
  readonly authenticatedAs: string | undefined
  readonly grants: Grants | undefined
  readonly credentialPlaces: readonly string[]
  /** Undefined while unanswered, and for good where the socket was cut. */
  readonly status: number | undefined
  readonly ended: 'answered' | 'cut' | 'abandoned' | undefined
}

/** What is known of a request before it is answered. */
export type ArrivedCall = Pick<
  LoggedCall<unknown>,
  'atMs' | 'connection' | 'method' | 'host' | 'path' | 'queryNames' | 'rawTarget' | 'rawHeaders'
>

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Waiter<Grants> {
  readonly phase: 'arrived' | 'ended'
  readonly match: (entry: LoggedCall<Grants>) => boolean
  readonly found: (entry: LoggedCall<Grants>) => void
  readonly closed: (error: Error) => void
}

/** What a stand-in was sent, oldest first; the oldest entries go when there are too many. */
export class CallLog<Grants> {
  /** TCP connections accepted so far, TLS failed or not. */
  connections = 0
  openConnections = 0
  readonly #entries: Mutable<LoggedCall<Grants>>[] = []
  readonly #waiters = new Set<Waiter<Grants>>()
  #total = 0

  get entries(): readonly LoggedCall<Grants>[] {
    return this.#entries
  }

  /** Requests so far, those no longer kept included. */
  get total(): number {
    return this.#total
  }

  get last(): LoggedCall<Grants> | undefined {
    return this.#entries.at(-1)
  }

  /** Forgets the entries; the counters go on. */
  clear(): void {
    this.#entries.length = 0
  }

  /** The first entry, kept or to come, that matches by what came: it may be unanswered. Rejects when the stand-in closes first. */
  arrived(match: (entry: LoggedCall<Grants>) => boolean): Promise<LoggedCall<Grants>> {
    return this.#waitFor('arrived', match)
  }

  /** The first entry, kept or to come, that has ended and matches. Rejects when the stand-in closes first. */
  ended(match: (entry: LoggedCall<Grants>) => boolean): Promise<LoggedCall<Grants>> {
    return this.#waitFor('ended', match)
  }

  /** Begins an entry. @returns how the server completes it */
  arrive(arrived: ArrivedCall): OpenEntry {
    const entry: Mutable<LoggedCall<Grants>> = {
      ...arrived,
      seq: (this.#total += 1),
      body: Buffer.alloc(0),
      bodyBytes: 0,
      operation: undefined,
      authenticatedAs: undefined,
      grants: undefined,
      credentialPlaces: [],
      status: undefined,
      ended: undefined,
    }
    this.#entries.push(entry)
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift()
    this.#tell('arrived', entry)
    return {
      body: (body) => Object.assign(entry, { body: body.subarray(0, MAX_BODY_BYTES), bodyBytes: body.length }),
      note: (facts) => Object.assign(entry, facts),
      status: (status) => Object.assign(entry, { status }),
      end: (ended) => this.#end(entry, ended),
    }
  }

  /** Lets nobody wait for what cannot come any more. */
  close(): void {
    for (const waiter of this.#waiters) waiter.closed(new Error('the stand-in closed before such a call came'))
    this.#waiters.clear()
  }

  #end(entry: Mutable<LoggedCall<Grants>>, ended: 'answered' | 'cut' | 'abandoned'): void {
    if (entry.ended !== undefined) return
    entry.ended = ended
    this.#tell('ended', entry)
  }

  #waitFor(phase: Waiter<Grants>['phase'], match: Waiter<Grants>['match']): Promise<LoggedCall<Grants>> {
    const kept = this.#entries.find((entry) => (phase === 'arrived' || entry.ended !== undefined) && match(entry))
    if (kept !== undefined) return Promise.resolve(kept)
    return new Promise((found, closed) => this.#waiters.add({ phase, match, found, closed }))
  }

  #tell(phase: Waiter<Grants>['phase'], entry: LoggedCall<Grants>): void {
    for (const waiter of this.#waiters) {
      if (waiter.phase !== phase || !waiter.match(entry)) continue
      this.#waiters.delete(waiter)
      waiter.found(entry)
    }
  }
}

/** The server's hand on an entry that is not complete. */
export interface OpenEntry {
  body(body: Buffer): void
  note(facts: CallFacts): void
  status(status: number): void
  end(ended: 'answered' | 'cut' | 'abandoned'): void
}
