import type { IncomingMessage } from 'node:http'
import type { AuditLog } from '../../audit/log.ts'
import type { Vocabulary } from '../../integrations/integration.ts'
import type { UpstreamHttp } from '../../integrations/upstream-http.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { AgentId, PersonId, SessionId } from '../../model/ids.ts'
import type { Changes } from '../../store/ports/changes.ts'
import type { Keyring } from '../../store/ports/keyring.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import type { DelegationDesk } from '../delegations/contract.ts'

/** A registered agent as the OAuth server sees it: a client (RFC 6749) whose `client_id` is the name in the agent's id. */
export interface OauthAgent {
  readonly id: AgentId
  readonly name: string
  readonly owner: string | undefined
  readonly status: 'active' | 'revoked'
  readonly redirectUris: readonly string[]
  /** PEM (SPKI) of the key that signs its client assertions. */
  readonly publicKeyPem: string | undefined
  readonly spiffeId: string | undefined
  /** `CN=pr-reviewer,O=Acme`. */
  readonly subject: string | undefined
}

/** The registered agents, live: one that is revoked is told as such from the very next look-up on. */
export interface OauthAgents {
  agent(id: AgentId): OauthAgent | undefined
}

/** The words of one integration that a scope is judged by. */
export type ScopeWords = Pick<Vocabulary, 'canonicalScope' | 'covers' | 'canonicalTarget'>

/** How long things live; each only shortened by what a person or a rule says. */
export interface OauthLifetimes {
  readonly delegationTokenMs: number
  readonly refreshTokenMs: number
  /** For how long a refresh token that was just used is answered with the same successor. */
  readonly refreshReplayMs: number
}

/** An API that takes our tokens, and which claims it reads (design 6.1). */
export interface OauthAudience {
  readonly audience: string
  readonly claims: 'postern' | 'rfc8693'
}

/** An address at which a registered agent is a protected resource itself, such as an MCP server (RFC 8707, RFC 9728). */
export interface OauthResourceServer {
  readonly resource: string
  readonly agent: AgentId
}

/** What a person reads where no client can be answered: nothing of the request's, nothing internal. */
export type RenderError = (request: IncomingMessage, problem: { readonly error: string, readonly description: string }) => string | Promise<string>

/** All that the OAuth server needs of the rest of the authority. */
export interface OauthDependencies {
  /** An origin without a path: `https://postern.acme.com`. */
  readonly issuer: string
  readonly lifetimes: OauthLifetimes
  readonly audiences: readonly OauthAudience[]
  readonly resourceServers: readonly OauthResourceServer[]
  /** Hosts whose client metadata documents are fetched; none for no such clients. */
  readonly metadataHosts: readonly string[]
  /** Whether client certificates are verified on our own TLS socket: never where another ends TLS before us. */
  readonly clientCertificates: boolean
  readonly shortLived: ShortLived
  readonly keyring: Keyring
  readonly changes: Pick<Changes, 'subscribe'>
  readonly agents: OauthAgents
  readonly desk: DelegationDesk
  /** How a person is called in tokens and records; undefined where nobody knows. */
  personName(id: PersonId): Promise<string | undefined>
  /** A code or a refresh token of the session was shown by two: it ends here and in the proxies before the promise resolves. */
  endReplayedSession(session: SessionId): Promise<void>
  /** The words of a configured integration. */
  words(integration: string): ScopeWords | undefined
  /** Whether an org rule lets the agent act for itself. */
  mayActForItself(agent: AgentId): boolean
  readonly audit: AuditLog
  readonly clock: Clock
  readonly timers: Timers
  /** Guarded: for client metadata documents and their key sets. */
  readonly http: UpstreamHttp
  readonly renderError: RenderError
  /** Told of what broke; never shown to anybody. */
  onError(error: unknown): void
}
