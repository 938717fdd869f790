import type { Dispatcher } from 'undici'
import { isPosternError } from '../errors/is-postern-error.ts'
import { createProxyDispatcher, tunnelSettings } from './proxy-dispatcher.ts'
import type { ProxyOptions } from './proxy-options.ts'
import { trusted } from './trusted.ts'

/** A `fetch` with connections of its own. */
export type ClosableFetch = typeof globalThis.fetch & {
  /** Ends its connections, once what is under way has ended. */
  close(): Promise<void>
}

/**
 * A `fetch` whose every request goes through the proxy. A refused tunnel rejects with the error that the refusal is; a refused request inside
 * one is an answer, which `fromResponse` reads.
 * @throws ConfigurationError
 */
export function createProxyFetch(options: ProxyOptions): ClosableFetch {
  tunnelSettings(options)
  return fetchWith(() => createProxyDispatcher(options))
}

/** What a client shows and trusts on its way to the authority. */
export interface TlsFetchOptions {
  /** PEM, of the client certificate (`tls_client_auth`, RFC 8705) with its key. */
  readonly cert?: string
  readonly key?: string
  /** PEM of a private CA, trusted beside the machine's own. */
  readonly ca?: string | readonly string[]
}

/** A `fetch` that shows a client certificate or trusts a private CA: for the option `fetch` of `createPostern` and `login`. @throws ConfigurationError */
export function createTlsFetch({ ca, cert, key }: TlsFetchOptions): ClosableFetch {
  const secureContext = trusted(ca, { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) })
  return fetchWith(async () => {
    const { Agent } = await import('undici')
    return new Agent({ allowH2: false, ...(secureContext === undefined ? {} : { connect: { secureContext } }) })
  })
}

/** The global `fetch` over a dispatcher of undici 8, in the form that the older undici inside of Node takes. */
function fetchWith(open: () => Promise<Dispatcher>): ClosableFetch {
  let opening: Promise<Dispatcher> | undefined
  const opened = (): Promise<Dispatcher> => {
    opening ??= open().then(async (dispatcher) => new (await import('undici')).Dispatcher1Wrapper(dispatcher))
    return opening
  }
  const call = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const dispatcher = await opened()
    try {
      // Node's own option, which not every typing of `fetch` knows.
      return await globalThis.fetch(input, Object.assign({}, init, { dispatcher }))
    } catch (error) {
      throw error instanceof Error && isPosternError(error.cause) ? error.cause : error
    }
  }
  return Object.assign(call, { close: async (): Promise<void> => (await opening)?.close() })
}
