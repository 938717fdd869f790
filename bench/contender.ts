import type { World } from './world.ts'

/**
 * How a proxy is set between client and upstream:
 * `reverse` plain to plain; `tls-upstream` plain to TLS; `tunnel` a CONNECT that is intercepted, TLS to TLS (a peer that knows no CONNECT: TLS to TLS);
 * `h2` as `tunnel`, with HTTP/2 on the client's side; `websocket` as `reverse`, upgraded.
 */
export type Setting = 'reverse' | 'tls-upstream' | 'tunnel' | 'h2' | 'websocket'

/** How a running contender is asked. */
export interface Ask {
  /** `connect`: CONNECT, then TLS inside. */
  readonly door: 'plain' | 'tls' | 'connect'
  readonly port: number
  /** What stands before the path of a request. */
  readonly prefix: string
  /** `host:port` of the CONNECT, and the name that TLS is asked for. */
  readonly target: string
  /** Roots of what it answers TLS with. */
  readonly caFile: string
  readonly headers: readonly string[]
  readonly connectHeaders: readonly string[]
}

export interface Launch {
  readonly command: readonly string[]
  readonly ask: Ask
}

/** One of those that are measured side by side. */
export interface Contender {
  readonly name: string
  /** By which `--without` leaves it out. */
  readonly product: string
  readonly settings: readonly Setting[]
  /** Writes its configuration into a directory of its own. */
  prepare(world: World, setting: Setting): Promise<Launch>
}

/** How something is asked that needs nothing particular. */
export function plainAsk(port: number): Ask {
  return { door: 'plain', port, prefix: '', target: '', caFile: '', headers: [], connectHeaders: [] }
}
