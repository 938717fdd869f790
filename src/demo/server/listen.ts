import type { AddressInfo, Server } from 'node:net'

const LOOPBACK_4 = '127.0.0.1'
const LOOPBACK_6 = '::1'
const MAX_ATTEMPTS = 5

/**
 * Listens on both loopback addresses under one port, since clients that are told `localhost` try either first.
 * A machine without IPv6 is served on 127.0.0.1 alone.
 * @param port 0 for any
 * @returns the port and the servers that listen
 */
export async function listenOnLoopback<S extends Server>(makeServer: () => S, port: number): Promise<{ port: number; servers: readonly S[] }> {
  for (let attempt = 1; ; attempt += 1) {
    const first = makeServer()
    const chosen = await listen(first, port, LOOPBACK_4)
    const second = makeServer()
    try {
      await listen(second, chosen, LOOPBACK_6)
      return { port: chosen, servers: [first, second] }
    } catch (error) {
      if (!isTaken(error)) return { port: chosen, servers: [first] }
      first.close()
      if (port !== 0 || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
