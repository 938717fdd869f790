import type { RuleReference } from '../../model/decision.ts'
import type { Denial } from '../../model/denial.ts'
import type { AgentId } from '../../model/ids.ts'
import type { ConsentDetail, Delegation } from '../../model/principal.ts'
import type { Secret } from '../../lib/secret.ts'

/** What an agent asks for with RFC 8693, after its client was authenticated. */
export interface ExchangeRequest {
  /** Of the client that asks. */
  readonly agent: AgentId
  /** Whether the client proved that it is this agent; a public client only named itself. */
  readonly authenticated: boolean
  readonly subjectToken: string
  readonly subjectTokenType: string
  /** RFC 8707: an integration's name, or its origin. */
  readonly resource: readonly string[]
  /** Space-separated; undefined for all that is approved and allowed. */
  readonly scope: string | undefined
  /** Target globs; none for all that is approved. */
  readonly target: readonly string[]
  readonly delivery: 'proxied' | 'released'
  /** What the client proved to hold in this request: RFC 9449 thumbprint, RFC 8705 thumbprint. */
  readonly proofs: SubjectProofs
}

/** Who shows a subject token. */
export type Asker = Pick<ExchangeRequest, 'agent' | 'authenticated' | 'proofs'>

/** What a sender-constrained token is compared with. */
export interface SubjectProofs {
  readonly jkt: string | undefined
  readonly x5t: string | undefined
}

/** What comes of it. */
export interface ExchangeAnswer {
  readonly delivery: 'proxied' | 'released'
  /** The stand-in, or the upstream's own credential. */
  readonly token: Secret
  readonly expiresInS: number
  /** Canonical; what of the integration's operations it is good for. */
  readonly scopes: readonly string[]
  readonly targets: readonly string[]
  readonly integration: string
  /** Where it can be used: the proxy's base URL for the integration; for a released one the upstream's. */
  readonly baseUrl: string
}

/** For whom and with what bounds the agent asks. */
export interface Subject {
  readonly agent: AgentId
  readonly agentName: string
  /** With `standing`: of our own authority, and good now. */
  readonly delegation: Delegation
  /** Whether the token is worth nothing without a key or a certificate. */
  readonly bound: boolean
  /** The server that asks, where the token is another agent's that was issued for it. */
  readonly via: AgentId | undefined
}

/** Reads subject tokens: our own delegation tokens and session secrets, and no other. */
export interface SubjectReader {
  /** @returns `token_invalid`, `token_expired`, `proof_mismatch`, `delegation_revoked` … where it is not good, now, for whoever asks */
  read(token: string, type: string, asker: Asker): Promise<Subject | Denial>
}

/** What of one scope on some targets the organisation's and the agent's policies let through at all. */
export interface ScopeJudge {
  /** Pure, from one snapshot. */
  judge(subject: Subject, integration: string, scope: string, targets: readonly string[]): ScopeVerdict
}

/** The verdict on one scope. */
export interface ScopeVerdict {
  readonly effect: 'allow' | 'ask' | 'deny'
  readonly reason: string
  readonly layer: 'org_policy' | 'agent_permissions'
  /** `pr-reviewer/review`. */
  readonly rule: RuleReference | undefined
  /** Whether an org rule lends the organisation's own authority to it, so that no connection of the person's is needed. */
  readonly lent: boolean
}

/** Signs stand-in tokens. */
export interface StandInSigner {
  sign(subject: Subject, access: ConsentDetail, expiresAtMs: number, proofs: SubjectProofs): Promise<Secret>
}
