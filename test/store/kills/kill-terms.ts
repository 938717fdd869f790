/** What the parent and its child agree on. */
export const KIND = 'oauth:RefreshToken' as const
/** Every secret begins with it. */
export const CANARY = 'canary-9f1c7be2-'
/** How long one that consumed may take to store the successor. */
export const TAKEOVER_MS = 30
