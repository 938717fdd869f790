import type { IncomingMessage } from 'node:http'
import type { Authority } from '../../http/host.ts'
import { Roster } from '../../lib/roster.ts'
import type { Denial } from '../../model/denial.ts'
import type { ConnectionPlace } from '../connection-places.ts'
import type { PeerCertificate, Proofs } from '../exchange.ts'
import type { Http1Client } from './http1-client.ts'
import type { LatestFields } from './latest-fields.ts'

/** The tunnel that a request came through: what its CONNECT said, and proved. */
export interface TunnelFacts extends Authority {
  readonly scheme: 'http' | 'https'
  /** The TLS server name; undefined where none was sent. */
  readonly serverName: string | undefined
  readonly proofs: Proofs
  /** That of the connection that it is the inside of. */
  readonly place?: ConnectionPlace | undefined
}

interface LatestProofs {
  readonly field: string | undefined
  readonly delegation: string | undefined
  readonly proofs: Proofs
}

/** What is known of one HTTP connection, be it a socket of its own or the inside of a tunnel. */
export interface Connection {
  readonly encrypted: boolean
  /** A certificate that was shown and does not verify is a denial for everything on the connection. */
  readonly peer: PeerCertificate | Denial | undefined
  readonly tunnel: TunnelFacts | undefined
  /** Undefined where none are kept. */
  readonly place: ConnectionPlace | undefined
  /** Answers under way. */
  readonly open: Roster<Http1Client>
  latest: IncomingMessage | undefined
  /** What the last request proved, and by which fields: the next one's proofs, where it sends the very same. */
  latestProofs: LatestProofs | undefined
  /** The last request's fields as they were read, for a next one that has the very same. */
  latestFields: LatestFields | undefined
  /** No further request of this connection is looked at. */
  closing: boolean
  /** Asked for an upgrade that was passed over: Node forgets what came behind it in the same read, so that nobody knows where the next request begins. */
  passedOver: IncomingMessage | undefined
  /** A parser error was dealt with: the parser may tell it again. */
  failed: boolean
  /** Runs once, when the last answer under way has ended. */
  whenIdle: (() => void) | undefined
}

/** A connection on which nothing has happened. */
export function newConnection(facts: Pick<Connection, 'encrypted' | 'peer' | 'tunnel' | 'place'>): Connection {
  return {
    ...facts,
    open: new Roster(), latest: undefined, latestProofs: undefined, latestFields: undefined,
    closing: false, passedOver: undefined, failed: false, whenIdle: undefined,
  }
}

/** The answer to this client is the last of its connection. */
export function endAfter(connection: Connection, client: Http1Client): void {
  connection.closing = true
  client.endConnection()
}
