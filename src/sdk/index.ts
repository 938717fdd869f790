// What agents import as `postern/sdk`. Loading it loads no npm package.
export type { ClientOptions } from './client-options.ts'
export { createPostern, type PosternOptions } from './create-postern.ts'
export type { Credential, Delivery, IntegrationName, RequireOptions, TokenSource } from './credential.ts'
export type { ClientAuth } from './oauth/client-auth.ts'
export type { Postern } from './postern.ts'
export type { ErrorOf } from './errors/error-classes.ts'
export type { ErrorCode, KnownCode, LocalCode, OauthCode, PosternCode } from './errors/error-codes.ts'
export { fromResponse } from './errors/from-response.ts'
export { isPosternError } from './errors/is-postern-error.ts'
export { PosternError } from './errors/postern-error.ts'
export {
  AgentRevokedError, ApprovalRequiredError, ConfigurationError, ConnectionReauthRequiredError, ConnectionRequiredError, ConsentRequiredError, CredentialRefusedError,
  DelegationEndedError, LoginFailedError, PolicyDeniedError, RateLimitedError, RequestRefusedError, TokenExpiredError, TokenInvalidError, UnavailableError,
} from './errors/refusals.ts'
export { toPosternError } from './errors/to-postern-error.ts'
export type { ReadOptions } from './errors/told-error.ts'
export { login } from './login/login.ts'
export type { AccessRequest, DevicePrompt, LoginOptions, LoginRequest } from './login/login-options.ts'
export type { Session } from './login/session.ts'
export type { SessionStore, StoredSession } from './login/session-store.ts'
export { createProxyDispatcher } from './proxy/proxy-dispatcher.ts'
export { createProxyFetch, createTlsFetch, type ClosableFetch, type TlsFetchOptions } from './proxy/proxy-fetch.ts'
export type { ProxyOptions } from './proxy/proxy-options.ts'
