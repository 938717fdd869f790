import type { AgentId } from '../../model/ids.ts'

/** An agent that was registered by the API or the command line; what the configuration registers stands there alone. */
export interface StoredAgent {
  readonly id: AgentId
  readonly name: string
  readonly owner: string | undefined
  /** `spiffe://trust-domain/path`. */
  readonly spiffeId: string | undefined
  /** `CN=pr-reviewer,O=Acme`. */
  readonly subject: string | undefined
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly serviceAccount: string | undefined
  /** Exact redirect URIs of its OAuth client. */
  readonly redirectUris: readonly string[]
  /** PEM (SPKI) of the key that signs its client assertions; undefined for a public client without. */
  readonly publicKeyPem: string | undefined
  readonly registeredBy: string
  readonly createdAtMs: number
  /** Rises with every change. */
  readonly version: number
}

export type NewAgent = Omit<StoredAgent, 'createdAtMs' | 'version'>

/** An agent that was taken out of service, wherever it is registered. */
export interface AgentRevocation {
  readonly agent: AgentId
  readonly revokedAtMs: number
  /** `user:ops@acme.com`. */
  readonly by: string
  readonly reason: string | undefined
}

/** The agents of the store. Changes are durable before their promise resolves. All methods throw StoreError. */
export interface Agents {
  /** In order of registration; at most 10,000. */
  list(): Promise<readonly StoredAgent[]>
  get(id: AgentId): Promise<StoredAgent | undefined>
  /** @returns undefined where the id is taken: a registration never overwrites another's agent. @throws StoreError `store_full` at the bound */
  create(agent: NewAgent): Promise<StoredAgent | undefined>
  /** @returns undefined where the version is another by now */
  replace(agent: NewAgent, version: number): Promise<StoredAgent | undefined>
  revocations(): Promise<readonly AgentRevocation[]>
  /** @returns false where it was revoked already, which stays as it was */
  revoke(revocation: Omit<AgentRevocation, 'revokedAtMs'>): Promise<boolean>
  /** @returns false where it was not revoked */
  restore(agent: AgentId): Promise<boolean>
}
