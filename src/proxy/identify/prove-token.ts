import type { Prover } from './evidence.ts'
import { shownBy } from './shown-by.ts'

/** Knows the agent by the token that it sends as its bearer token: of a delegation (the proof of both) or its own. */
export const tokenProver: Prover = ({ token }) => {
  switch (token?.kind) {
    case 'delegation': return { agent: shownBy(token), by: token.by }
    case 'agent': return { agent: token.agent, by: 'token' }
    case 'service_account':
    case undefined: return undefined
  }
}
