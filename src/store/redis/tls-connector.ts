import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { AbstractConnector, SentinelConnector } from 'ioredis'

interface ConnectorOptions {
  readonly host?: string
  readonly port?: number
  readonly disconnectTimeout?: number
  readonly tls?: ConnectionOptions
}

/**
 * Makes TLS connections as ioredis does, but hears every error of one. ioredis hears the first: where a connection is given up amid its handshake
 * because the certificate is refused, the server's alert is a second one, and would end the process.
 */
export class TlsConnector extends AbstractConnector {
  readonly #target: ConnectionOptions

  constructor(options: unknown) {
    const { host, port, disconnectTimeout, tls } = options as ConnectorOptions
    super(disconnectTimeout ?? 0)
    this.#target = { ...tls, ...(host !== undefined && { host }), ...(port !== undefined && { port }) }
  }

  connect(): Promise<TLSSocket> {
    this.connecting = true
    const socket = connect(this.#target)
    socket.once('error', (error) => {
      this.firstError = error
    })
    socket.on('error', () => undefined)
    this.stream = socket
    return Promise.resolve(socket)
  }
}

/** The same for a master that sentinels name. */
export class SentinelTlsConnector extends SentinelConnector {
  constructor(options: unknown) {
    super(options as ConstructorParameters<typeof SentinelConnector>[0])
  }

  override async connect(...given: Parameters<SentinelConnector['connect']>): ReturnType<SentinelConnector['connect']> {
    const socket = await super.connect(...given)
    socket.on('error', () => undefined)
    return socket
  }
}
