import { join } from 'node:path'
import { plainAsk, type Contender, type Setting } from '../contender.ts'
import { freePort } from '../processes.ts'

const PEERS = join(import.meta.dirname, '..', 'peers')

/** Bare proxies of the Node world: nothing judged, nothing added, nothing recorded. */
export const undici = nodePeer('undici dispatch, bare', 'undici', 'undici-pass-through.ts', ['reverse', 'tls-upstream'])
export const httpProxy3 = nodePeer('http-proxy-3, bare', 'http-proxy-3', 'http-proxy-3.ts', ['reverse', 'tls-upstream', 'websocket'])
export const fastify = nodePeer('@fastify/http-proxy', 'fastify', 'fastify-http-proxy.mjs', ['reverse', 'tls-upstream'])

function nodePeer(name: string, product: string, file: string, settings: readonly Setting[]): Contender {
  return {
    name,
    product,
    settings,
    prepare: async ({ plainPort, tlsPort, certificates }, setting) => {
      const port = await freePort()
      const upstream = setting === 'tls-upstream' ? [`https://localhost:${tlsPort}`, join(certificates, 'ca.pem')] : [`http://127.0.0.1:${plainPort}`]
      return { command: [process.execPath, join(PEERS, file), String(port), ...upstream], ask: plainAsk(port) }
    },
  }
}
