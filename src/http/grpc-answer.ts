import type { ProblemAnswer } from './problem.ts'

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const UNKNOWN = 2
const STATUS_OF: ReadonlyMap<number, number> = new Map([
  [400, 3], // INVALID_ARGUMENT
  [401, 16], // UNAUTHENTICATED
  [403, 7], // PERMISSION_DENIED
  [404, 5], // NOT_FOUND
  [408, 4], // DEADLINE_EXCEEDED
  [409, 10], // ABORTED
  [413, 8], // RESOURCE_EXHAUSTED
  [421, 7],
  [429, 8],
  [431, 8],
  [500, 13], // INTERNAL
  [501, 12], // UNIMPLEMENTED
  [502, 14], // UNAVAILABLE
  [503, 14],
  [504, 4],
])

const GRPC = /^application\/grpc(?:-web(?:-text)?)?(?:\+[a-z0-9.-]+)?$/
const KEPT: ReadonlySet<string> = new Set(['cache-control', 'proxy-status', 'retry-after'])
const RETRY_PUSHBACK = 'grpc-retry-pushback-ms'

/** Whether a request of this media type is a call of gRPC. */
export function isGrpc(contentType: string | undefined): contentType is string {
  return contentType !== undefined && contentType.startsWith('application/grpc') && GRPC.test(contentType)
}

/**
 * A refusal as clients of gRPC read it: trailers alone, the HTTP status 200. Pure.
 * @param answer the same as problem details
 * @param words for a person: the title and what to do
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function grpcAnswer(answer: ProblemAnswer, contentType: string, words: string): ProblemAnswer {
  const headers = ['content-type', contentType, 'grpc-status', String(STATUS_OF.get(answer.status) ?? UNKNOWN), 'grpc-message', grpcMessage(words)]
  for (let at = 0; at + 1 < answer.headers.length; at += 2) {
    const name = (answer.headers[at] ?? '').toLowerCase()
    const value = answer.headers[at + 1] ?? ''
    if (KEPT.has(name)) headers.push(name, value)
    if (name === 'retry-after') headers.push(RETRY_PUSHBACK, String(Number(value) * 1_000))
  }
  return { status: 200, headers, body: '' }
}

/** Percent-encoded UTF-8: everything but printable ASCII, and `%` itself. */
function grpcMessage(words: string): string {
  let text = ''
  for (const byte of Buffer.from(words, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    text += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
