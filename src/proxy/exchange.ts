import type { InspectedBody } from '../http/body.ts'
import type { CanonicalRequest } from '../http/request.ts'
import type { Integration, Match } from '../integrations/integration.ts'
import type { Later } from '../lib/later.ts'
import type { Credential } from '../model/credential.ts'
import type { Decision } from '../model/decision.ts'
import type { Denial } from '../model/denial.ts'
import type { AgentId, DecisionId } from '../model/ids.ts'
import type { Operation } from '../model/operation.ts'
import type { Principal } from '../model/principal.ts'
import type { PolicySnapshot } from '../policy/snapshot.ts'
import type { ClientSide } from './client-side.ts'
import type { ConnectionPlace } from './connection-places.ts'

/** Through which door a request came in. */
export type Door = 'connect' | 'absolute' | 'reverse'

/** What the connection itself proves; verified by the listener, judged by identify. */
export interface PeerCertificate {
  /** Every URI SAN of the leaf. */
  readonly uris: readonly string[]
  /** `CN=pr-reviewer,O=Acme`, most specific first. */
  readonly subject: string
  /** base64url SHA-256 of the DER (RFC 8705 `x5t#S256`). */
  readonly thumbprint: string
  /** Wall clock; looked at for every request, so that a long-lived connection ends with its certificate. */
  readonly notAfterMs: number
}

/**
 * What the agent sent to prove itself, taken off the request by the listener. For a request inside a tunnel these are the
 * proofs of its CONNECT, verified anew each time.
 */
export interface Proofs {
  /** From `Proxy-Authorization`, or in reverse mode `Authorization`: the token alone. */
  readonly token: string | undefined
  /** From `Postern-Delegation`. */
  readonly delegationToken: string | undefined
  readonly certificate: PeerCertificate | undefined
  /** The listener's bound agent, where it has one. */
  readonly bound: BoundAgent | undefined
  /** With `token`, in reverse mode alone. */
  readonly dpop?: DpopProof | undefined
  /** The connection crossed a network without TLS (`unsafe_allow_plaintext`). */
  readonly exposed?: true | undefined
}

/** A proof of possession (RFC 9449), and the request that it has to be about. */
export interface DpopProof {
  readonly proof: string
  readonly method: string
  /** As the client addressed it, without the query. */
  readonly url: string
}

export interface BoundAgent {
  readonly agent: string
  /** Current content of the token file; undefined where none is configured or it cannot be read. */
  delegationToken(): string | undefined
  /** True where a token file is configured: without a readable one the agent is refused, it never acts for itself instead. */
  readonly requiresDelegation?: boolean
}

/** A request that the listener accepted: canonical, unambiguous, and without the client's own credentials. */
export interface Received {
  readonly id: DecisionId
  readonly door: Door
  readonly receivedAtMs: number
  readonly startedMonotonicMs: number
  readonly request: CanonicalRequest
  /** Reverse mode: the prefix, i.e. the integration's name. */
  readonly prefix: string | undefined
  readonly proofs: Proofs
  readonly client: ClientSide
  /** Its connection's, inside a tunnel that of its CONNECT; undefined where connections are not counted. */
  readonly place?: ConnectionPlace | undefined
}

export interface Identified extends Received {
  readonly principal: Principal
}

/** What one agent has at the moment, all its delegations together. Counted by admission alone. */
export interface AgentUse {
  readonly agent: AgentId
  exchanges: number
  tunnels: number
  connections: number
}

/** There was room for it: what follows may take its time. */
export interface Admitted extends Identified {
  readonly admission: AgentUse
}

/** Carries the one policy snapshot that judges this request, whatever is loaded meanwhile. */
export interface Snapped extends Admitted {
  readonly snapshot: PolicySnapshot
}

export interface Route {
  readonly integration: Integration
  readonly match: Match
  /** What is judged and forwarded: the received request, in reverse mode moved to the integration's first origin. */
  readonly request: CanonicalRequest
}

export interface Routed extends Snapped {
  readonly route: Route
}

/** The operation with all that the body told; `body` only where it was looked at. */
export interface Inspection {
  readonly operation: Operation
  readonly body: InspectedBody | undefined
}

export interface Inspected extends Routed {
  readonly inspection: Inspection
}

/** Carries an allowing decision: nothing else makes one. */
export interface Allowed extends Inspected {
  readonly decision: Decision & { readonly effect: 'allow' }
}

export interface Credentialed extends Allowed {
  /** Null only for an integration that is configured to need no credential. */
  readonly credential: Credential | null
}

/** Its start is on record where the audit is strict: only then may the secret be placed. */
export interface Announced extends Credentialed {
  readonly announced: 'durable' | 'not_required'
}

/** How the forwarding ended, once an answer had begun. */
export interface Forwarding {
  /** 0 where the client left before the upstream answered. */
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly outcome: 'ok' | 'aborted' | 'revoked' | 'failed'
  /** Of a WebSocket's first close frame (RFC 6455 section 7.4). */
  readonly closeCode?: number | undefined
  /** How often the credential was found in the answer. */
  readonly scrubbed?: number | undefined
  /** What broke, in our own words or the system's; undefined where nothing did. */
  readonly reason: string | undefined
}

export interface Forwarded extends Announced {
  readonly forwarding: Forwarding
}

/**
 * One step of the pipeline: reads the exchange, adds the one field it is named after, or refuses.
 * Synchronous where everything is at hand; a promise, or what is told sooner than one, only where something must be waited for.
 */
export interface Stage<In extends Received, Field extends string, Value> {
  readonly name: string
  readonly adds: Field
  /** A property, not a method: only so does TypeScript hold the order of the stages (methods are compared bivariantly). */
  readonly run: (exchange: In) => Value | Denial | Promise<Value | Denial> | Later<Value | Denial>
}
