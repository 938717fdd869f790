// What agents import as `postern/sdk`. Loading it loads no npm package.
export type { Credential, Delivery, IntegrationName, RequireOptions, TokenSource } from './credential.ts'
export type { Postern } from './postern.ts'
export type { ErrorOf } from './errors/error-classes.ts'
export type { ErrorCode, KnownCode, LocalCode, OauthCode, PosternCode } from './errors/error-codes.ts'
export { isPosternError } from './errors/is-postern-error.ts'
export { PosternError } from './errors/postern-error.ts'
export {
  AgentRevokedError, ApprovalRequiredError, ConfigurationError, ConnectionReauthRequiredError, ConnectionRequiredError, ConsentRequiredError, CredentialRefusedError,
  DelegationEndedError, LoginFailedError, PolicyDeniedError, RateLimitedError, RequestRefusedError, TokenExpiredError, TokenInvalidError, UnavailableError,
} from './errors/refusals.ts'
