import { z } from '@hono/zod-openapi'

/** One line that people read. */
export const line = (most: number) => z.string().min(1).max(most).regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, 'it is one line, without control characters')

/** An integration as the configuration names it. */
export const integrationName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/).openapi({ example: 'github' })

/** A moment as it is answered. */
export const moment = z.string().openapi({ format: 'date-time', example: '2026-11-21T09:32:14.120Z' })

/** A moment as it is asked for: RFC 3339 with an offset. */
export const givenMoment = z.iso.datetime({ offset: true }).openapi({ format: 'date-time', example: '2026-11-21T09:32:14Z' })

/** What a revocation may say why. */
export const reasonBody = z.strictObject({ reason: line(512).optional().openapi({ description: 'why: it stands in the audit' }) }).openapi('Reason')

/** RFC 3339 in UTC with milliseconds. */
export function momentOf(ms: number): string
export function momentOf(ms: number | undefined): string | null
export function momentOf(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString()
}
