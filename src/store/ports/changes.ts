import type { AgentId, ApprovalId, ConnectionId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'

/** Something in the store that others keep a copy of has changed; they read it again. */
export type StoreChange =
  | { readonly kind: 'agent'; readonly id: AgentId }
  | { readonly kind: 'delegation'; readonly id: DelegationId }
  | { readonly kind: 'session'; readonly id: SessionId }
  | { readonly kind: 'connection'; readonly id: ConnectionId }
  | { readonly kind: 'approval'; readonly id: ApprovalId }
  /** Signed in again: the name or the groups may be others. */
  | { readonly kind: 'person'; readonly id: PersonId }
  | { readonly kind: 'keys' }
  /** Changes may have been missed: everything is read again. */
  | { readonly kind: 'all' }

/** Tells every process that uses the store what any of them changed. */
export interface Changes {
  /** Told after the change is durable, in its order; of the own process's changes at the latest when their promise resolves. */
  subscribe(listener: (change: StoreChange) => void): () => void
  /**
   * For how long (monotonic) nothing was heard of the store: 0 while it is certain that no change was missed. What is kept as a copy must
   * not be relied on once this is longer than the lease.
   */
  silentForMs(): number
}
