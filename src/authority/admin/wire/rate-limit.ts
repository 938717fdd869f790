import { z } from '@hono/zod-openapi'
import type { Rate } from '../../../policy/rule.ts'

/** How often a rule lets its agent call. */
export const rateLimit = z.object({ requests: z.number().int(), per_s: z.number() }).openapi('RateLimit')

export type RateLimitView = z.infer<typeof rateLimit>

/** The limit as it is answered. */
export function limitView({ requests, perMs }: Rate): RateLimitView {
  return { requests, per_s: perMs / 1000 }
}
