import type * as Undici from 'undici'
import type { Agent, buildConnector, Dispatcher } from 'undici'
import { checkedOrigin } from '../checked-origin.ts'
import { misconfigured } from '../errors/misconfigured.ts'
import { UnavailableError } from '../errors/refusals.ts'
import { openTunnel, type TunnelSettings } from './open-tunnel.ts'
import type { ProxyOptions } from './proxy-options.ts'
import { trusted } from './trusted.ts'

const DEFAULT_TIMEOUT_MS = 10_000

/**
 * A dispatcher for undici 8 that sends every request through the proxy, each over a tunnel that only its own token opened.
 * For the global `fetch` use `createProxyFetch`, which knows what the undici inside of Node expects.
 * @throws ConfigurationError
 */
export async function createProxyDispatcher(options: ProxyOptions): Promise<Dispatcher> {
  const settings = tunnelSettings(options)
  // Here and no earlier: agents that call by base URL never load it.
  const undici = await import('undici')
  return tokenDispatcher(undici, async () => {
    const token = typeof options.token === 'function' ? await options.token() : options.token
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) throw misconfigured('a token has to be text without spaces')
    return token
  }, (token) => agentOf(undici, { ...settings, token }))
}

/** Checks the options. @throws ConfigurationError */
export function tunnelSettings(options: ProxyOptions): Omit<TunnelSettings, 'token'> {
  return {
    proxy: new URL(checkedOrigin('proxyUrl', options.proxyUrl, options.unsafe_plainHttp === true)),
    trust: trusted(options.ca),
    authorityUrl: options.authorityUrl,
    timeoutMs: options.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS,
  }
}

/** Asks for the token before each request; when it is another, the connections of the last one end with what is under way on them. */
function tokenDispatcher({ Dispatcher }: typeof Undici, tokenNow: () => Promise<string | undefined>, open: (token: string | undefined) => Agent): Dispatcher {
  class TokenDispatcher extends Dispatcher {
    #current: { readonly token: string | undefined; readonly agent: Agent } | undefined
    #closed = false

    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      tokenNow().then((token) => void this.#agentFor(token).dispatch(options, handler)).catch((error: unknown) => {
        const told = error instanceof Error ? error : new TypeError('the token could not be had', { cause: error })
        // There is no connection yet that it could control.
        handler.onResponseError?.(null as never, told)
      })
      return true
    }

    override close(callback?: () => void): Promise<void> {
      this.#closed = true
      const closing = this.#current?.agent.close() ?? Promise.resolve()
      return callback === undefined ? closing : closing.then(callback)
    }

    override destroy(): Promise<void> {
      this.#closed = true
      return this.#current?.agent.destroy() ?? Promise.resolve()
    }

    #agentFor(token: string | undefined): Agent {
      if (this.#closed) throw new UnavailableError({ code: 'network_error', message: 'The dispatcher was closed.' })
      if (this.#current?.token === token && this.#current !== undefined) return this.#current.agent
      this.#current?.agent.close().catch(() => undefined)
      const agent = open(token)
      this.#current = { token, agent }
      return agent
    }
  }
  return new TokenDispatcher()
}

/** Connections of one token: a tunnel each, with the upstream's TLS inside it. */
function agentOf({ Agent, buildConnector }: typeof Undici, settings: TunnelSettings): Agent {
  const inside = buildConnector({ allowH2: false, timeout: settings.timeoutMs, ...(settings.trust === undefined ? {} : { secureContext: settings.trust }) })
  const connect: buildConnector.connector = (options, callback) => {
    const { protocol, hostname, port } = options
    const target = `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`
    openTunnel(target, settings).then(
      (socket) => (protocol === 'https:' ? inside({ ...options, httpSocket: socket }, callback) : callback(null, socket)),
      (error: unknown) => callback(error instanceof Error ? error : new Error('no tunnel', { cause: error }), null),
    )
  }
  return new Agent({ connect, allowH2: false })
}
