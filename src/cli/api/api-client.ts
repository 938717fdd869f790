import { terminalText } from '../../audit/terminal-text.ts'
import { EXIT_UNAVAILABLE, EXIT_USAGE } from '../process-text.ts'
import { CommandFailure, EXIT_NO, EXIT_REFUSED } from './command-failure.ts'

/** Where the bearer token comes from. */
export interface TokenSource {
  current(): Promise<string>
  /** After a 401: another one. @returns undefined where there is none to be had */
  renewed(): Promise<string | undefined>
}

type Query = Readonly<Record<string, string | number | undefined>>
/** What was asked for of a list. */
export interface Listed<T> {
  readonly items: readonly T[]
  /** There are more than were asked for. */
  readonly more: boolean
}

interface Part<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

const TIMEOUT_MS = 30_000
const PART = 100

/** The admin API of one authority, as one person. All methods throw CommandFailure. */
export class ApiClient {
  readonly url: string
  readonly #tokens: TokenSource

  constructor(url: string, tokens: TokenSource) {
    this.url = url
    this.#tokens = tokens
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.#json<T>('GET', path + queryText(query), undefined)
  }

  post<T>(path: string, body?: object): Promise<T> {
    return this.#json<T>('POST', path, body)
  }

  /** Items of a list, from as many parts as it takes. */
  async list<T>(path: string, query: Query, most: number): Promise<Listed<T>> {
    const items: T[] = []
    let after: string | undefined
    do {
      const part: Part<T> = await this.get<Part<T>>(path, { ...query, limit: Math.min(PART, most - items.length), after })
      items.push(...part.items)
      after = part.next ?? undefined
    } while (after !== undefined && items.length < most)
    return { items, more: after !== undefined }
  }

  /** The answer's body as it arrives. @param signal ends it */
  async stream(path: string, query: Query, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const answer = await this.#send('GET', path + queryText(query), undefined, signal)
    if (answer.body === null) throw new CommandFailure(EXIT_UNAVAILABLE, `${this.url} answered with nothing`)
    return answer.body
  }

  async #json<T>(method: string, path: string, body: object | undefined): Promise<T> {
    const answer = await this.#send(method, path, body, AbortSignal.timeout(TIMEOUT_MS))
    try {
      return await answer.json() as T
    } catch (cause) {
      throw new CommandFailure(EXIT_UNAVAILABLE, `${this.url} answered with something that is no JSON: is a Postern authority there?`, { cause })
    }
  }

  async #send(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    const first = await this.#once(method, path, body, signal, await this.#tokens.current())
    if (first.ok) return first
    const renewed = first.status === 401 ? await this.#tokens.renewed() : undefined
    const last = renewed === undefined ? first : await this.#once(method, path, body, signal, renewed)
    if (last.ok) return last
    throw await failureOf(last)
  }

  async #once(method: string, path: string, body: object | undefined, signal: AbortSignal, token: string): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    try {
      // A redirect would carry the token to wherever it leads.
      return await fetch(`${this.url}${path}`, { method, headers, signal, redirect: 'error', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    } catch (cause) {
      throw new CommandFailure(EXIT_UNAVAILABLE, `${this.url} cannot be reached: ${reasonOf(cause)}`, { cause })
    }
  }
}

function queryText(query: Query): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value))
  return given.size === 0 ? '' : `?${given.toString()}`
}

interface Problem {
  readonly title?: unknown
  readonly detail?: unknown
  readonly code?: unknown
  readonly errors?: readonly { readonly field?: unknown; readonly problem?: unknown }[]
}

/** The problem details (RFC 9457) in words: whatever stands there is somebody else's text. */
async function failureOf(answer: Response): Promise<CommandFailure> {
  const problem = await answer.json().catch(() => ({})) as Problem
  const title = typeof problem.title === 'string' ? problem.title : `the authority answered ${answer.status}`
  const lines = [`${title}${typeof problem.detail === 'string' ? ` ${problem.detail}` : ''}${typeof problem.code === 'string' ? ` [${problem.code}]` : ''}`]
  if (Array.isArray(problem.errors)) lines.push(...problem.errors.map(({ field, problem: what }) => `  ${String(field)}: ${String(what)}`))
  if (answer.status === 401) lines.push('sign in with "postern login"')
  return new CommandFailure(exitCodeOf(answer.status), lines.map(terminalText).join('\n'))
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT_REFUSED
  if (status === 404 || status === 409) return EXIT_NO
  return status >= 500 || status === 429 ? EXIT_UNAVAILABLE : EXIT_USAGE
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'for an unknown reason'
  if (cause.name === 'TimeoutError') return 'it does not answer in time'
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}
