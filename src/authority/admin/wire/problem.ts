import { z } from '@hono/zod-openapi'

/** Problem details (RFC 9457). */
export const problem = z.object({
  type: z.string().openapi({ example: 'urn:postern:not_found' }),
  title: z.string(),
  status: z.number().int(),
  code: z.string().openapi({ description: 'stable; `docs/errors.md` lists all of them', example: 'not_found' }),
  detail: z.string().optional().openapi({ description: 'what to do' }),
  errors: z.array(z.object({ field: z.string(), problem: z.string() })).optional().openapi({ description: 'of `input_refused`: each field that is wrong' }),
}).openapi('Problem')

/** What every route may answer beside what it is for. */
export const refusals = {
  default: { description: 'Refused, or it failed: the code says why.', content: { 'application/problem+json': { schema: problem } } },
} as const
