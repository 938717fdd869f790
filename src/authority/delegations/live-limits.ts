/** What is held in memory whole, and so is bounded: beyond it nothing new begins, rather than that something is forgotten. */
export interface LiveLimits {
  readonly delegations: number
  readonly delegationsOfPerson: number
  readonly sessions: number
  readonly sessionsOfDelegation: number
}

export const LIVE_LIMITS: LiveLimits = {
  delegations: 50_000,
  // Nobody takes the places of all others.
  delegationsOfPerson: 1_000,
  sessions: 100_000,
  sessionsOfDelegation: 1_000,
}
