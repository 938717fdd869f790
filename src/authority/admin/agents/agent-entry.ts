import type { AgentRevocation, NewAgent, StoredAgent } from '../../../store/ports/agents.ts'
import type { RegisteredAgent } from '../../registry/registered-agent.ts'

/** An agent as the configuration registers it. */
export interface ConfiguredAgent extends RegisteredAgent {
  readonly redirectUris: readonly string[]
  readonly publicKeyPem: string | undefined
}

/** One agent, wherever it is registered. */
export interface AgentEntry {
  readonly agent: ConfiguredAgent
  /** Undefined for an agent of the configuration. */
  readonly stored: StoredAgent | undefined
  /** As the store knows it; what the configuration's file revokes stands in `agent.status`. */
  readonly revocation: AgentRevocation | undefined
}

/** What a registration says; who registers is told apart. */
export type AgentOrder = Omit<NewAgent, 'registeredBy'>
/** What is to be changed; what is left out stays. */
export type AgentChange = Partial<Omit<AgentOrder, 'id'>>
