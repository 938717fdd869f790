import { ApiError, apiErrorOf } from './api-error.ts'

/** What is asked for beside the path; undefined asks for nothing. */
export type Query = Readonly<Record<string, string | number | undefined>>

const MAX_WAITS = 4
/** Who has not touched the page for so long does not keep their sign-in alive by leaving it open. */
const ATTENDED_MS = 60_000
const LONGEST_WAIT_MS = 10_000

/**
 * The authority's API under `/v1`, as the signed-in person of this browser. Reading waits and asks again where the API says that it is too
 * often; what changes something is sent once. All methods throw ApiError, or the signal's reason.
 */
export class Api {
  #csrf: string | undefined
  #touchedAtMs = Date.now()

  /** Somebody did something with the page. */
  touched(): void {
    this.#touchedAtMs = Date.now()
  }

  /** What the browser session has to send back with each change. */
  setCsrf(csrf: string | null): void {
    this.#csrf = csrf ?? undefined
  }

  async get<T>(path: string, { query = {}, signal }: { readonly query?: Query; readonly signal?: AbortSignal | undefined } = {}): Promise<T> {
    const answer = await this.open(path, { query, signal })
    return await answer.json() as T
  }

  async post<T>(path: string, body: object = {}): Promise<T> {
    return this.#send<T>('POST', path, body)
  }

  async patch<T>(path: string, body: object): Promise<T> {
    return this.#send<T>('PATCH', path, body)
  }

  /** The answer to a reading request with its body unread: for streams. */
  async open(path: string, { query = {}, signal }: { readonly query?: Query; readonly signal?: AbortSignal | undefined } = {}): Promise<Response> {
    for (let waits = 0; ; waits += 1) {
      const answer = await ask(address(path, query), { signal: signal ?? null, headers: Date.now() - this.#touchedAtMs > ATTENDED_MS ? { 'postern-unattended': '1' } : {} })
      if (answer.ok) return answer
      const error = await apiErrorOf(answer)
      if (error.status !== 429 || waits >= MAX_WAITS) throw onward(error)
      await wait(Math.min(error.retryAfterMs ?? 1_000, LONGEST_WAIT_MS), signal)
    }
  }

  async #send<T>(method: string, path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json', ...(this.#csrf === undefined ? {} : { 'postern-csrf': this.#csrf }) }
    const answer = await ask(path, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw onward(await apiErrorOf(answer))
    return await answer.json() as T
  }
}

/** The path with its query, in a stable order. Pure. */
export function address(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '').map(([name, value]): [string, string] => [name, String(value)])
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'same-origin', redirect: 'error', cache: 'no-store' })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError({ title: 'Postern cannot be reached.', code: 'unreachable', status: 0, hint: 'Look whether you are online, then try again.' })
  }
}

/** Whose sign-in is over signs in again, and comes back to where they are. */
function onward(error: ApiError): ApiError {
  if (error.status === 401) location.assign(`/login?return=${encodeURIComponent(location.pathname + location.search)}`)
  return error
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason as Error) }, { once: true })
  })
}
