import type { AgentId, DelegationId, SessionId } from '../../model/ids.ts'

/** One agent as it is registered: who it is, and by what it proves that. */
export interface RegisteredAgent {
  readonly id: AgentId
  readonly name: string
  readonly owner: string | undefined
  readonly status: 'active' | 'revoked'
  /** `spiffe://trust-domain/path`. */
  readonly spiffeId: string | undefined
  /** `CN=pr-reviewer,O=Acme`: most specific first, without space after the commas. */
  readonly subject: string | undefined
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly serviceAccount: string | undefined
  /** Of its OAuth client. */
  readonly redirectUris?: readonly string[]
  readonly publicKeyPem?: string | undefined
}

/** What an agent is known by; each is one agent's alone. */
export type AgentProof = 'id' | 'spiffeId' | 'subject' | 'serviceAccount'
export const AGENT_PROOFS: readonly AgentProof[] = ['id', 'spiffeId', 'subject', 'serviceAccount']

/** All that the configuration registers and takes back; immutable, swapped whole. */
export interface RegistryState {
  readonly agents: readonly RegisteredAgent[]
  readonly revoked: {
    readonly delegations: readonly DelegationId[]
    readonly sessions: readonly SessionId[]
  }
}
