import { PosternError, type Refusal } from './postern-error.ts'
import { printable } from './printable.ts'

/** The person has not approved this: show them the link, and ask again once they have. */
export class ConsentRequiredError extends PosternError {
  /** A page that asks the person for just what is missing and widens the running delegation; undefined where the answer named none. */
  readonly consentUrl: string | undefined
  /** What is missing, in the integration's words: `issues:write`. */
  readonly missingScopes: readonly string[]

  constructor(refusal: Refusal) {
    super(refusal)
    this.consentUrl = refusal.link
    this.missingScopes = refusal.missingScopes ?? []
  }
}

/** The person's account at the integration is not connected: show them the link, and ask again once it is. */
export class ConnectionRequiredError extends PosternError {
  /** The page where the person connects their account; undefined where the answer named none. */
  readonly connectUrl: string | undefined

  constructor(refusal: Refusal) {
    super(refusal)
    this.connectUrl = refusal.link
  }
}

/** The account was connected, and its authorisation died: the person has to connect it again. */
export class ConnectionReauthRequiredError extends ConnectionRequiredError {}

/** A rule wants somebody's approval for this very call: show them the link, then send the call again as it was. */
export class ApprovalRequiredError extends PosternError {
  /** The page where the waiting call is approved; undefined where the answer named none. */
  readonly approvalUrl: string | undefined
  readonly layer: string | undefined
  /** `pr-reviewer/review`. */
  readonly rule: string | undefined

  constructor(refusal: Refusal) {
    super(refusal)
    this.approvalUrl = refusal.link
    this.layer = refusal.layer
    this.rule = refusal.rule
  }
}

/** Policy does not let it through; asking the person again does not help. */
export class PolicyDeniedError extends PosternError {
  /** `org_policy` or `agent_permissions`; undefined where no one layer decided. */
  readonly layer: string | undefined
  /** `org/production-is-read-only`; undefined where no rule matched. */
  readonly rule: string | undefined
  /** The rule's own `because`, or the public text of the code. */
  readonly reason: string

  constructor(refusal: Refusal) {
    super(refusal)
    this.layer = refusal.layer
    this.rule = refusal.rule
    this.reason = printable(refusal.reason ?? refusal.message)
  }
}

/** The agent was revoked, for good: nothing that it asks is answered any more. */
export class AgentRevokedError extends PosternError {}

/** The person's approval or this run has ended, by time or by will: begin a new one with `login()`. */
export class DelegationEndedError extends PosternError {}

/** The token is not good here: another authority's, another agent's, bound to another key, or none at all. */
export class TokenInvalidError extends PosternError {}

/** The token is past its end: get a fresh one and ask again. */
export class TokenExpiredError extends TokenInvalidError {}

/** Over a limit, of a rule or of the authority: wait for `retryAfterMs`. */
export class RateLimitedError extends PosternError {}

/** Nothing was decided: no network, no answer in time, or something broke there. Trying again later may help. */
export class UnavailableError extends PosternError {}

/** The request itself is refused, whoever sends it: its form, its size, its scope or its path. */
export class RequestRefusedError extends PosternError {}

/** The upstream does not grant our app what the call needs: an operator has to extend its permissions there. */
export class CredentialRefusedError extends PosternError {}

/** The sign-in led to nothing: the person said no, it took too long, or the answer was not for us. */
export class LoginFailedError extends PosternError {}

/** The program or its configuration is wrong: an option, the client's registration, an integration that there is not. */
export class ConfigurationError extends PosternError {}
