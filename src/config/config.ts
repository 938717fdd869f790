import type { Secret } from '../lib/secret.ts'
import type { Placement } from '../model/credential.ts'
import type { AgentId, DelegationId, PersonId, SessionId } from '../model/ids.ts'
import type { OriginConfig } from './origin.ts'

/** Everything that was configured: checked, secrets resolved, paths absolute, frozen all through. */
export interface Config {
  readonly listener: ListenerConfig
  readonly ca: CaConfig
  /** Undefined where no second port is opened. */
  readonly operations: OperationsConfig | undefined
  readonly identity: IdentityConfig
  /** Undefined where no person signs in here: agents then come with tokens of an outside issuer, and policy lends the organisation's authority. */
  readonly authority: AuthorityConfig | undefined
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
  readonly webSocket: {
    /** Without a byte in either direction; 0 for no bound. */
    readonly idleTimeoutMs: number
    /** From its opening; 0 for no bound but the rule's and the delegation's. */
    readonly totalTimeoutMs: number
  }
  /** Where SOCKS5 is spoken; undefined where it is not. */
  readonly socksAddress: string | undefined
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
  /** Those that one agent has proven itself on, tunnels among them. */
  readonly maxConnectionsPerAgent: number
  readonly maxTunnels: number
  /** Requests, streams and upgraded connections under way. */
  readonly maxExchanges: number
  readonly maxExchangesPerAgent: number
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

/** The control plane as people, agents and operators see it. */
export interface AuthorityConfig {
  /** The issuer, and where browsers go: an origin such as `https://postern.acme.com`, without a path. */
  readonly url: string
  readonly address: string
  readonly tls: ListenerTlsConfig | undefined
  readonly allowPlaintext: boolean
  /** A load balancer stands before it and ends TLS: `X-Forwarded-Proto` and `-Host` are its. */
  readonly behindProxy: boolean
  /** Undefined only with `demoAccounts`. */
  readonly login: LoginConfig | undefined
  /** Anybody can sign in as any of these by a click; `unsafe_demo_accounts`, refused unless everything listens on loopback. */
  readonly demoAccounts: readonly DemoAccount[]
  readonly roles: { readonly operator: RoleConfig, readonly auditor: RoleConfig }
  readonly lifetimes: LifetimesConfig
  /** Who takes tokens of the reversed profile (design 6.1), beside ourselves. */
  readonly audiences: readonly { readonly audience: string, readonly claims: 'postern' | 'rfc8693' }[]
  /** Where registered agents are protected resources themselves, such as MCP servers: whose tokens they get, they exchange. */
  readonly resourceServers: readonly { readonly resource: string, readonly agent: AgentId }[]
  /** Clients that name themselves by the URL of their metadata (CIMD); none unless hosts are named. */
  readonly clientMetadata: { readonly hosts: readonly string[], readonly connect: ConnectConfig }
}

export interface LoginConfig {
  readonly issuer: string
  readonly clientId: string
  /** Undefined for a public client. */
  readonly clientSecret: Secret | undefined
  readonly scopes: readonly string[]
  /** Names of claims. */
  readonly claims: { readonly person: string, readonly name: string, readonly groups: string }
  /** Take an address that the provider does not call verified. */
  readonly allowUnverifiedEmail: boolean
  readonly connect: ConnectConfig
}

export interface DemoAccount {
  readonly person: PersonId
  readonly name: string
  readonly groups: readonly string[]
}

export interface RoleConfig {
  readonly groups: readonly string[]
  readonly people: readonly PersonId[]
}

/** How long things live; each is a bound that rules, people and upstreams can only shorten. */
export interface LifetimesConfig {
  readonly delegationTokenMs: number
  readonly refreshTokenMs: number
  /** What the consent screen offers first. */
  readonly consentDefaultMs: number
  readonly consentMaxMs: number
  readonly sessionMs: number
  readonly standInTokenMs: number
  readonly browserSessionMs: number
  readonly approvalAnswerMs: number
  readonly approvalValidMs: number
  readonly breakGlassMaxMs: number
  /** For how long a refresh token that was just used is answered with the same successor. */
  readonly refreshReplayMs: number
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
  /** Of its OAuth client, compared exactly; loopback ones on any port (RFC 8252 section 7.3). */
  readonly redirectUris: readonly string[]
  /** PEM (SPKI) of the key by which its OAuth client shows who it is (`private_key_jwt`); undefined for a public client. */
  readonly publicKeyPem: string | undefined
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
  /** Of integrations alone: what else is dialled speaks HTTP/1.1. */
  readonly http2: 'auto' | 'never' | 'always'
  /** Of integrations alone. */
  readonly timeouts: { readonly firstByteMs: number, readonly idleMs: number, readonly totalMs: number } | undefined
}

interface IntegrationCommon {
  readonly name: string
  readonly origin: OriginConfig
  readonly connect: ConnectConfig
}

export interface GithubConfig extends IntegrationCommon {
  readonly type: 'github'
  readonly uploadsOrigin: OriginConfig | undefined
  /** Where git clones from, `https://github.com`; undefined where git over HTTPS is not served. */
  readonly gitOrigin: OriginConfig | undefined
  readonly app: { readonly id: string, readonly privateKey: Secret, readonly installationId: number | undefined }
  /** The App's own OAuth: people connect their accounts by it. Undefined where only the organisation's authority serves. */
  readonly oauth: GithubOauthConfig | undefined
}

export interface GithubOauthConfig {
  readonly clientId: string
  readonly clientSecret: Secret
  /** `https://github.com`. */
  readonly site: OriginConfig
  /** The App's name in `https://github.com/apps/NAME/installations/new`. */
  readonly appSlug: string | undefined
  readonly siteConnect: ConnectConfig
}

export interface SlackConfig extends IntegrationCommon {
  readonly type: 'slack'
  readonly uploadsOrigin: OriginConfig
  readonly clientId: string
  readonly clientSecret: Secret
  /** One of the two. `refresh`: what a rotating connection begins with, its successors lie in the store. `access`: a token without end. */
  readonly tokens: { readonly access: Secret | undefined, readonly refresh: Secret | undefined }
  /** User scopes that people connect with; undefined where only the bot serves. */
  readonly userScopes: readonly string[] | undefined
  /** Name of a channel, in lower case and without `#`, to its id. */
  readonly channels: ReadonlyMap<string, string>
}

/** A configured secret, people's own authorisations, or none where the configuration says so in words. */
export type DescribedCredential = { readonly secret: Secret, readonly placement: Placement } | { readonly oauth: OauthConfig, readonly placement: Placement } | 'none'

export interface RoutesConfig extends IntegrationCommon {
  readonly type: 'routes'
  readonly moreOrigins: readonly OriginConfig[]
  readonly credential: DescribedCredential
  readonly credentialFields: readonly string[] | undefined
  readonly exactScopes: boolean
  readonly foldTargetCase: boolean
  readonly routes: readonly RouteConfig[]
}

/** An MCP server on streamable HTTP; the path of `origin` is its endpoint. */
export interface McpConfig extends IntegrationCommon {
  readonly type: 'mcp'
  readonly credential: DescribedCredential
  /** What tools do; one that no entry fits writes. */
  readonly tools: readonly { readonly name: string, readonly access: 'read' | 'write' | 'admin' }[]
}

/** An upstream's own OAuth 2 server, at which people connect their accounts. */
export interface OauthConfig {
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** RFC 7009; undefined where it has none. */
  readonly revokeUrl: string | undefined
  /** RFC 9207 and mix-up: compared with `iss` where the upstream sends it; required where `issuer` is set. */
  readonly issuer: string | undefined
  readonly clientId: string
  readonly clientSecret: Secret | undefined
  readonly clientAuthentication: 'basic' | 'post'
  readonly scopes: readonly string[]
  readonly scopeSeparator: ' ' | ','
  readonly pkce: boolean
  readonly connect: ConnectConfig
}

export interface RouteConfig {
  readonly route: string
  readonly access: 'read' | 'write' | 'admin'
  readonly scopes: readonly string[] | readonly (readonly string[])[]
  readonly targets: readonly string[]
  readonly opaque: readonly string[]
}

export type IntegrationConfig = GithubConfig | SlackConfig | RoutesConfig | McpConfig

export interface StoreConfig {
  /** SQLite's one file; undefined where Redis is the store. */
  readonly file: string | undefined
  readonly redis: RedisConfig | undefined
  /** The first seals, all of them open. */
  readonly keys: readonly [Secret, ...Secret[]]
}

export interface RedisConfig {
  readonly topology: 'single' | 'sentinel' | 'cluster'
  /** The server, the sentinels or some of the cluster's nodes. */
  readonly nodes: readonly { readonly host: string, readonly port: number }[]
  /** Of sentinel. */
  readonly masterName: string | undefined
  readonly username: string | undefined
  readonly password: Secret | undefined
  readonly database: number
  /** Undefined for no TLS, which takes `unsafe_allow_plaintext` where a node is not on this machine. */
  readonly tls: { readonly caPem: string | undefined, readonly serverName: string | undefined } | undefined
  /** Before every key: several installations on one server. */
  readonly prefix: string
  /** Start although the server may forget what it stores. */
  readonly allowVolatile: boolean
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
