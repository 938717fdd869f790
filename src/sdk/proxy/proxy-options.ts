import type { TokenSource } from '../credential.ts'

/** How calls go through the proxy, as with `HTTPS_PROXY`. */
export interface ProxyOptions {
  /** The proxy's address: `http://127.0.0.1:8080`. Plain http on this machine alone. */
  readonly proxyUrl: string
  /**
   * A delegation token or a session's secret; a function is asked before each request, and a tunnel serves the token alone that opened it.
   * Left out where the listener knows the agent by itself.
   */
  readonly token?: TokenSource
  /** PEM of the proxy's CA, trusted beside the machine's own. Left out where `NODE_EXTRA_CA_CERTS` names it. */
  readonly ca?: string | readonly string[]
  /** Links in refusals that lead anywhere but there are left out. */
  readonly authorityUrl?: string
  /** Until a tunnel is open. Default 10 000. */
  readonly connectTimeoutMs?: number
  /** Lets tokens travel over plain http to other machines, where anybody on the way can read them. */
  readonly unsafe_plainHttp?: boolean
}
