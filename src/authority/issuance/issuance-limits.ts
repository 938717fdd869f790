/** Every bound of issuance on one page, each with its reason. */
export interface IssuanceLimits {
  /** Credentials kept for further orders; each is a secret in memory and one that lives upstream. */
  readonly maxCached: number
  /** How long one issuance may take, waiting for its turn included; upstream token endpoints answer in under a second. */
  readonly issueTimeoutMs: number
  /** How long the store or the audit may take to make a line durable. */
  readonly recordTimeoutMs: number
  /** Issuances under way at once, for all agents and for one: an agent with many targets must not starve the others. */
  readonly concurrentIssues: number
  readonly concurrentIssuesPerAgent: number
  /** Issuances waiting for their turn, for all agents and for one; beyond it an order fails at once. */
  readonly queuedIssues: number
  readonly queuedIssuesPerAgent: number
  /** Part of its life after which a credential that is still asked for is renewed in the background; the jitter keeps renewals apart. */
  readonly renewAfterShare: number
  readonly renewJitterShare: number
  /** A credential with less left than this, or than a tenth of its life, is not handed out: the call has to arrive before it ends. */
  readonly marginMs: number
  /** After a failure the same order fails without asking the upstream again, for this long, doubled each time up to the other. */
  readonly firstBackoffMs: number
  readonly longestBackoffMs: number
  /** A refusal is remembered only this long: a person may just be connecting. */
  readonly denialMemoryMs: number
  /** After this long without a failure the next one counts as the first. */
  readonly forgetFailuresMs: number
  /** Calls that carry a credential which has to make room get this long to arrive, before it is ended upstream. */
  readonly evictionGraceMs: number
  /** One attempt to end a credential upstream; attempts; pauses between them, doubled each time up to the other. */
  readonly revokeTimeoutMs: number
  readonly revokeAttempts: number
  readonly firstRevokePauseMs: number
  readonly longestRevokePauseMs: number
  /** Attempts under way at once: revoking an agent with many credentials must not look like an attack. */
  readonly concurrentRevokes: number
  /** How long a report of a revocation waits for the upstreams; what is not ended by then goes on being tried. */
  readonly endReportTimeoutMs: number
  /** For how long it is remembered what a revocation ended, until it is asked for. */
  readonly endReportMemoryMs: number
  /** What a graceful shutdown spends on ending what lives; the rest is ended at the next start. */
  readonly closeTimeoutMs: number
  /** A leftover whose integration is no longer configured is forgotten this long after its expiry: no upstream token lives longer. */
  readonly forgetLeftoverMs: number
  /** How often it is looked for what processes that are gone left behind. */
  readonly lookForLeftoversMs: number
}

/** The bounds where nothing else is said. */
export const ISSUANCE_LIMITS: IssuanceLimits = {
  maxCached: 10_000,
  issueTimeoutMs: 10_000,
  recordTimeoutMs: 5_000,
  concurrentIssues: 32,
  concurrentIssuesPerAgent: 8,
  queuedIssues: 1_024,
  queuedIssuesPerAgent: 256,
  renewAfterShare: 0.8,
  renewJitterShare: 0.05,
  marginMs: 2_000,
  firstBackoffMs: 500,
  longestBackoffMs: 30_000,
  denialMemoryMs: 2_000,
  forgetFailuresMs: 60_000,
  evictionGraceMs: 10_000,
  revokeTimeoutMs: 5_000,
  revokeAttempts: 8,
  firstRevokePauseMs: 1_000,
  longestRevokePauseMs: 60_000,
  concurrentRevokes: 16,
  endReportTimeoutMs: 5_000,
  endReportMemoryMs: 60_000,
  closeTimeoutMs: 5_000,
  forgetLeftoverMs: 24 * 3_600_000,
  lookForLeftoversMs: 60_000,
}
