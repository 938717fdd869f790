import { join } from 'node:path'
import { plainAsk, type Ask, type Contender } from '../contender.ts'
import { freePort } from '../processes.ts'
import { tlsAsk } from './tls-ask.ts'

/** Servers of Node's alone that hold the same sockets as a proxy does on its client's side: what memory is compared with. */
export const barePlain = bareServer('plain', 'bare Node server, plain')
export const bareTls = bareServer('tls', 'bare Node server, TLS')
export const bareConnect = bareServer('connect', 'bare Node server, TLS inside CONNECT')

function bareServer(door: Ask['door'], name: string): Contender {
  return {
    name,
    product: 'bare-server',
    settings: ['reverse'],
    prepare: async (world) => {
      const port = await freePort()
      const identity = [join(world.certificates, 'leaf.pem'), join(world.certificates, 'leaf-key.pem')]
      return {
        command: [process.execPath, join(import.meta.dirname, '..', 'peers', 'bare-server.mjs'), door, String(port), ...identity],
        ask: door === 'plain' ? plainAsk(port) : { ...tlsAsk(world, port), door },
      }
    },
  }
}
