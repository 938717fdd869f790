import type { Check } from './check.ts'

const PROOFS = ['id', 'spiffe', 'subject', 'service_account'] as const

/** Two agents of one proof could not be told apart. */
export const checkAgentsUnique: Check = function* ({ agents }) {
  for (const proof of PROOFS) {
    const first = new Map<string, number>()
    for (const [index, agent] of agents.entries()) {
      const value = agent[proof]
      if (value === undefined) continue
      const before = first.get(value)
      if (before === undefined) first.set(value, index)
      else yield { at: ['agents', index, proof], problem: `agents[${before}] has the same \`${proof}\``, expected: `a \`${proof}\` of its own` }
    }
  }
}

/** Our own command line's OAuth client, which no agent may be. */
const RESERVED = 'agent:postern-cli'

/** An agent of this name would be asked for as our own command line. */
export const checkAgentNames: Check = function* ({ agents }) {
  for (const [index, { id }] of agents.entries()) {
    if (id === RESERVED) yield { at: ['agents', index, 'id'], problem: 'this name is Postern’s own command line’s', expected: 'another name' }
  }
}

/** Every proof that an agent is listed with has somebody who verifies it. */
export const checkProofsVerified: Check = function* ({ agents, identity, listener }) {
  const { tls } = listener
  for (const [index, agent] of agents.entries()) {
    if (agent.service_account !== undefined && identity.service_accounts === undefined) {
      yield {
        at: ['agents', index, 'service_account'], problem: 'no service-account token is verified',
        expected: 'an `identity.service_accounts` section', warning: true,
      }
    }
    const certificate = agent.spiffe === undefined ? 'subject' : 'spiffe'
    if (agent[certificate] !== undefined && tls?.client_ca === undefined) {
      yield { at: ['agents', index, certificate], problem: 'no client certificate is asked for', expected: '`listener.tls.client_ca`', warning: true }
    }
    const domain = agent.spiffe?.split('/')[2]
    if (domain !== undefined && tls?.trust_domain !== undefined && domain !== tls.trust_domain) {
      const problem = `the trust domain ${domain} is refused by the listener`
      yield { at: ['agents', index, 'spiffe'], problem, expected: `a SPIFFE id of ${tls.trust_domain}` }
    }
  }
}

/** A proxy at which nobody can prove anything serves nobody. */
export const checkSomeProof: Check = function* ({ identity, listener, authority }) {
  const any = authority ?? identity.delegation_tokens ?? identity.service_accounts ?? listener.tls?.client_ca ?? listener.bound_agent
  if (any !== undefined) return
  yield {
    at: ['identity'], problem: 'no agent has a way to prove who it is',
    expected: 'an `authority` section, `identity.delegation_tokens`, `identity.service_accounts`, `listener.tls.client_ca` or `listener.bound_agent`',
  }
}

/** A bound listener's token has to be verified by somebody. */
export const checkBoundToken: Check = function* ({ identity, listener, authority }) {
  if (listener.bound_agent?.delegation_token === undefined || authority !== undefined || identity.delegation_tokens !== undefined) return
  yield {
    at: ['listener', 'bound_agent', 'delegation_token'], problem: 'no delegation token is verified',
    expected: 'an `identity.delegation_tokens` section',
  }
}
