import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { isIP, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { UnavailableError } from '../errors/refusals.ts'
import { connectRefusal } from './connect-refusal.ts'

/** Where a tunnel begins, and who may open it. */
export interface TunnelSettings {
  readonly proxy: URL
  readonly token: string | undefined
  readonly trust: SecureContext | undefined
  readonly authorityUrl: string | undefined
  readonly timeoutMs: number
}

/** Opens a tunnel by CONNECT. @param target `api.github.com:443`. @throws PosternError, of the class that the proxy's refusal has */
export function openTunnel(target: string, settings: TunnelSettings): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = connectRequest(target, settings)
    let refused: Socket | undefined
    const giveUp = setTimeout(() => {
      refused?.destroy()
      request.destroy(unreachable(settings, `did not answer within ${settings.timeoutMs} ms`, undefined))
    }, settings.timeoutMs)
    request.once('connect', (response: IncomingMessage, duplex: Duplex, head: Buffer) => {
      // Always one: a CONNECT is sent on a connection of its own.
      const socket = duplex as Socket
      if (response.statusCode === 200 && head.length === 0) {
        clearTimeout(giveUp)
        return resolve(socket)
      }
      // What comes before we spoke is no answer of the upstream's.
      refused = socket
      void connectRefusal(response, head, settings.authorityUrl).then(reject, reject).finally(() => {
        clearTimeout(giveUp)
        socket.destroy()
      })
    })
    request.once('response', (response) => {
      response.resume()
      request.destroy(unreachable(settings, `answers CONNECT with ${response.statusCode ?? 0}, and opens nothing`, undefined))
    })
    request.once('error', (error) => {
      clearTimeout(giveUp)
      reject(error instanceof UnavailableError ? error : unreachable(settings, 'cannot be reached', error))
    })
    request.end()
  })
}

function connectRequest(target: string, { proxy, token, trust }: TunnelSettings): ClientRequest {
  const host = proxy.hostname.replace(/^\[|\]$/g, '')
  const options = {
    method: 'CONNECT',
    path: target,
    host,
    // Else Node takes the name in `Host`, and the proxy would be whoever has the target's certificate.
    servername: isIP(host) === 0 ? host : '',
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    headers: { host: target, ...(token === undefined ? {} : { 'proxy-authorization': `Bearer ${token}` }) },
    agent: false,
  }
  return proxy.protocol === 'https:' ? httpsRequest({ ...options, ...(trust === undefined ? {} : { secureContext: trust }) }) : httpRequest(options)
}

function unreachable({ proxy }: TunnelSettings, what: string, cause: unknown): UnavailableError {
  return new UnavailableError({ code: 'network_error', message: `The proxy at ${proxy.origin} ${what}.`, cause })
}
