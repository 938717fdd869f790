import type { Context, TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { CODES, type Code } from '../../model/codes.ts'
import type { Denial } from '../../model/denial.ts'
import type { AdminEnv } from './admin-env.ts'
import type { z } from '@hono/zod-openapi'
import type { problem } from './wire/problem.ts'

type Problem = z.infer<typeof problem>
/** No route answers well with one of these. */
type RefusedStatus = Exclude<ContentfulStatusCode, 200 | 201>

/** An answer of problem details, whatever route it is of. */
export type Refused = Response & TypedResponse<Problem, RefusedStatus, 'json'>

interface Told {
  /** One sentence for the one who asks. */
  readonly hint?: string | undefined
  readonly errors?: Problem['errors']
  readonly retryAfterMs?: number
}

/**
 * Answers with problem details (RFC 9457), and notes for the record that it did.
 * @param detail for the record alone
 */
export function refuse(c: Context<AdminEnv>, code: Code, detail: string, { hint, errors, retryAfterMs }: Told = {}): Refused {
  const { status, title } = CODES[code]
  c.set('refused', { code, detail })
  if (status === 401) c.header('WWW-Authenticate', `Bearer realm="postern"${c.req.header('authorization') === undefined ? '' : ', error="invalid_token"'}`)
  if (status === 405) c.header('Allow', 'GET, POST, PATCH')
  if (retryAfterMs !== undefined) c.header('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  c.header('Content-Type', 'application/problem+json')
  const body: Problem = {
    type: `urn:postern:${code}`, title, status, code,
    ...(hint === undefined ? {} : { detail: hint }),
    ...(errors === undefined ? {} : { errors }),
  }
  return c.newResponse(JSON.stringify(body), status as RefusedStatus) as Refused
}

/** The same for a service's denial. */
export function refuseDenial(c: Context<AdminEnv>, { denial, detail, hint }: Denial): Refused {
  return refuse(c, denial, detail, { hint })
}

/** Nothing there, or another's: the answer is the same. */
export function notFound(c: Context<AdminEnv>): Refused {
  return refuse(c, 'not_found', 'there is no such thing, or it is another person’s')
}
