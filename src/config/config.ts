import type { Secret } from '../lib/secret.ts'
import type { Placement } from '../model/credential.ts'
import type { AgentId, DelegationId, SessionId } from '../model/ids.ts'
import type { OriginConfig } from './origin.ts'

/** Everything that was configured: checked, secrets resolved, paths absolute, frozen all through. */
export interface Config {
  readonly listener: ListenerConfig
  readonly ca: CaConfig
  /** Undefined where no second port is opened. */
  readonly operations: OperationsConfig | undefined
  readonly identity: IdentityConfig
  readonly agents: readonly AgentConfig[]
  readonly revoked: RevokedConfig
  readonly integrations: readonly IntegrationConfig[]
  /** The folder of policy files. */
  readonly policies: string
  readonly store: StoreConfig
  readonly audit: AuditConfig
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export interface ListenerConfig {
  /** `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/postern/proxy.sock`. */
  readonly address: string
  readonly tls: ListenerTlsConfig | undefined
  readonly allowPlaintext: boolean
  readonly boundAgent: { readonly agent: AgentId, readonly tokenFile: string | undefined } | undefined
  readonly unmatched: 'deny' | 'tunnel'
  /** How a tunnel to a host that no integration serves is dialled. */
  readonly unmatchedConnect: ConnectConfig
  readonly limits: ListenerLimitsConfig
  /** The largest body that a catalogue entry or a rule may look at. */
  readonly maxInspectedBodyBytes: number
  readonly drainTimeoutMs: number
}

export interface ListenerTlsConfig {
  readonly certificatePem: string
  readonly key: Secret
  readonly clientCaPem: string | undefined
  readonly trustDomain: string | undefined
}

export interface ListenerLimitsConfig {
  readonly maxHeaderBytes: number
  readonly maxUriBytes: number
  readonly maxHeaders: number
  readonly maxConnections: number
  readonly maxTunnels: number
  readonly maxPipelined: number
  readonly headerTimeoutMs: number
  /** 0 for no bound but the idle time. */
  readonly requestTimeoutMs: number
  readonly firstByteTimeoutMs: number
  readonly handshakeTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveTimeoutMs: number
}

export interface CaConfig {
  readonly directory: string
  readonly hosts: readonly string[]
  readonly bundleFile: string
}

export interface OperationsConfig {
  readonly address: string
  /** Undefined where the port is open to whoever reaches it. */
  readonly token: Secret | undefined
}

export interface IdentityConfig {
  readonly delegationTokens: (IssuerConfig & { readonly claims: 'postern' | 'rfc8693' }) | undefined
  readonly serviceAccounts: IssuerConfig | undefined
}

export interface IssuerConfig {
  readonly issuer: string
  readonly audience: string
  readonly jwks: { readonly file: string } | { readonly url: string, readonly connect: ConnectConfig }
  readonly maxLifetimeMs: number
}

export interface AgentConfig {
  readonly id: AgentId
  readonly name: string
  readonly owner: string | undefined
  readonly status: 'active' | 'revoked'
  readonly spiffeId: string | undefined
  /** Most specific first, without space after the commas. */
  readonly subject: string | undefined
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly serviceAccount: string | undefined
}

export interface RevokedConfig {
  readonly delegations: readonly DelegationId[]
  readonly sessions: readonly SessionId[]
}

/** How an upstream is dialled. */
export interface ConnectConfig {
  /** Dialled in place of what the host's name resolves to. */
  readonly address: { readonly host: string, readonly port: number } | undefined
  /** CIDR ranges that may be dialled although they are special-use. */
  readonly allowAddresses: readonly string[]
  /** Trusted in place of the system's roots. */
  readonly caPem: string | undefined
  readonly clientCertificate: { readonly certificatePem: string, readonly key: Secret } | undefined
  readonly viaProxy: { readonly host: string, readonly port: number, readonly credentials: Secret | undefined } | undefined
  readonly timeoutMs: number
}

interface IntegrationCommon {
  readonly name: string
  readonly origin: OriginConfig
  readonly connect: ConnectConfig
}

export interface GithubConfig extends IntegrationCommon {
  readonly type: 'github'
  readonly uploadsOrigin: OriginConfig | undefined
  readonly app: { readonly id: string, readonly privateKey: Secret, readonly installationId: number | undefined }
}

export interface SlackConfig extends IntegrationCommon {
  readonly type: 'slack'
  readonly uploadsOrigin: OriginConfig
  readonly clientId: string
  readonly clientSecret: Secret
  /** One of the two. `refresh`: what a rotating connection begins with, its successors lie in the store. `access`: a token without end. */
  readonly tokens: { readonly access: Secret | undefined, readonly refresh: Secret | undefined }
}

export interface RoutesConfig extends IntegrationCommon {
  readonly type: 'routes'
  readonly moreOrigins: readonly OriginConfig[]
  readonly credential: { readonly secret: Secret, readonly placement: Placement } | 'none'
  readonly credentialFields: readonly string[] | undefined
  readonly exactScopes: boolean
  readonly foldTargetCase: boolean
  readonly routes: readonly RouteConfig[]
}

export interface RouteConfig {
  readonly route: string
  readonly access: 'read' | 'write' | 'admin'
  readonly scopes: readonly string[] | readonly (readonly string[])[]
  readonly targets: readonly string[]
  readonly opaque: readonly string[]
}

export type IntegrationConfig = GithubConfig | SlackConfig | RoutesConfig

export interface StoreConfig {
  readonly file: string
  /** The first seals, all of them open. */
  readonly keys: readonly [Secret, ...Secret[]]
}

export interface AuditConfig {
  readonly mode: 'strict' | 'relaxed'
  readonly file: string
  readonly stdout: boolean
  readonly signingKeyFile: string
  readonly checkpointEveryMs: number
  readonly checkpointEveryRecords: number
  readonly maxSegmentBytes: number
}
