import { createHash } from 'node:crypto'
import type { AnswerHeaders, Call, Reply } from '../server/call.ts'
import { jsonReply } from '../server/reply.ts'

const DOCUMENTATION = 'https://docs.github.com/rest'

/** GitHub's form of a refusal. */
export function failure(status: number, message: string, headers: AnswerHeaders = {}): Reply {
  return jsonReply(status, { message, documentation_url: DOCUMENTATION, status: String(status) }, headers)
}

/** One field that GitHub finds wrong in a body. */
export interface FieldProblem {
  readonly resource: string
  readonly field: string
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists'
}

/** A 422 that names the fields. */
export function validationFailed(...errors: readonly FieldProblem[]): Reply {
  return jsonReply(422, { message: 'Validation Failed', errors, documentation_url: DOCUMENTATION, status: '422' })
}

/** What does not exist, or is not visible to this token. */
export function notFound(): Reply {
  return failure(404, 'Not Found')
}

/** A readable resource, with the ETag that conditional requests compare (RFC 9110 section 13.1.2). */
export function resource(call: Call, value: unknown, headers: AnswerHeaders = {}): Reply {
  const reply = jsonReply(200, value, headers)
  const etag = `W/"${createHash('sha256').update(JSON.stringify(value)).digest('hex')}"`
  if (call.headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: undefined }
  return { ...reply, headers: { ...reply.headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60' } }
}
