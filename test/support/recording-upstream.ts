import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

export interface RecordingUpstream {
  readonly port: number
  /** Every byte that came, in the order of connections. */
  readonly received: string[]
  connections(): number
  close(): Promise<void>
}

export interface RecordingOptions {
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Called at the end of each request's head, with the bytes so far; writes whatever it likes. */
  readonly respond: (socket: Socket, received: string) => void
}

/** An upstream that keeps the raw bytes of every connection and answers with whatever the test writes. */
export async function startRecordingUpstream(options: RecordingOptions): Promise<RecordingUpstream> {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const onConnection = (socket: Socket): void => {
    sockets.add(socket)
    const index = received.push('') - 1
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      const before = received[index] ?? ''
      const now = before + chunk.toString('latin1')
      received[index] = now
      if (now.includes('\r\n\r\n')) options.respond(socket, now)
    })
  }
  const server = options.tls === undefined ? createServer(onConnection) : createTlsServer(options.tls, onConnection)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    received,
    connections: () => received.length,
    close: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    }),
  }
}
