/** Where no rule names a life: long enough for a run's burst of calls, short enough to be forgotten. */
export const DEFAULT_LIFETIME_MS = 600_000

/** We stop before GitHub does, so that no call dies under way. */
export const UPSTREAM_MARGIN_MS = 60_000
