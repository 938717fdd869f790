import type { Prover } from './evidence.ts'

/** Knows the agent by the delegation token that it sends as its bearer token: the token is the proof of both. */
export const tokenProver: Prover = ({ token }) =>
  token?.kind === 'delegation' ? { agent: token.agent, by: 'token' } : undefined
