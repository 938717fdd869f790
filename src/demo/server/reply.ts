import type { AnswerHeaders, Reply } from './call.ts'

/** A reply with a JSON body. */
export function jsonReply(status: number, value: unknown, headers: AnswerHeaders = {}): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) }
}

/** A reply without a body. */
export function emptyReply(status: number, headers: AnswerHeaders = {}): Reply {
  return { status, headers, body: undefined }
}
