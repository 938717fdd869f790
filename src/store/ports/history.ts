/** For how long delegations, sessions and approvals are kept after their end: people and operators look back, the audit has it for longer. */
export const HISTORY_KEPT_MS = 90 * 24 * 60 * 60 * 1000
