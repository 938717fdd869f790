import type { ConnectConfig } from '../../config/config.ts'
import { addressGuard, type OwnListener } from '../../egress/address-guard.ts'
import { systemResolve, type DialSettings, type Resolve } from '../../egress/dial.ts'
import { upstreamHttp } from '../../egress/upstream-http.ts'
import type { UpstreamHttp } from '../../integrations/upstream-http.ts'

export interface DialDependencies {
  /** Never dialled, whatever a name resolves to. */
  readonly ownListeners: () => readonly OwnListener[]
  readonly resolve?: Resolve
}

const BOUNDS = { maxBodyBytes: 1_048_576, timeoutMs: 10_000 }

/** How an upstream is dialled; a key set's URL, an identity provider and a tunnel, too. */
export function dialSettingsOf(connect: ConnectConfig, deps: DialDependencies): DialSettings {
  const certificate = connect.clientCertificate
  return {
    guard: addressGuard(connect.allowAddresses, deps.ownListeners),
    resolve: deps.resolve ?? systemResolve,
    address: connect.address,
    viaProxy: connect.viaProxy,
    ca: connect.caPem,
    clientCertificate: certificate === undefined ? undefined : { certificatePem: certificate.certificatePem, key: certificate.key },
    connectTimeoutMs: connect.timeoutMs,
    http2: connect.http2,
    timeouts: connect.timeouts,
  }
}

/** Makes the clients of our own calls (token endpoints, key sets, identity providers), and closes all of them. */
export class OwnHttp {
  readonly #deps: DialDependencies
  readonly #clients: { close(): Promise<void> }[] = []

  constructor(deps: DialDependencies) {
    this.#deps = deps
  }

  /** A client through the egress guard, as this section says. */
  client(connect: ConnectConfig): UpstreamHttp {
    const client = upstreamHttp({ dial: dialSettingsOf(connect, this.#deps), ...BOUNDS })
    this.#clients.push(client)
    return client.send
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()))
  }
}
