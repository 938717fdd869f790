import { membersOf, parsed, textOf } from '../oauth/json-answer.ts'
import { isPosternError } from './is-postern-error.ts'
import type { PosternError } from './postern-error.ts'
import { refusalInProxyStatus } from './proxy-status.ts'
import { refusalInBody } from './refusal-body.ts'
import { retryAfterOf } from './retry-after.ts'
import { toldError, type ReadOptions } from './told-error.ts'

/** How many causes are followed. */
const MAX_DEPTH = 6

type Members = Readonly<Record<string, unknown>>

/**
 * Turns what a client library threw into Postern's error, where that is what it is: Octokit's `RequestError`, Slack's platform error,
 * a GraphQL client's error, `fetch failed` of a refused tunnel.
 * @returns the error, with the library's own as its cause; undefined for whatever else went wrong
 */
export function toPosternError(error: unknown, options: ReadOptions = {}): PosternError | undefined {
  let at: unknown = error
  for (let depth = 0; depth < MAX_DEPTH && typeof at === 'object' && at !== null; depth += 1) {
    if (isPosternError(at)) return at
    const found = inThrown(at as Members, error, options)
    if (found !== undefined) return found
    at = (at as { readonly cause?: unknown }).cause
  }
  return undefined
}

function inThrown(thrown: Members, cause: unknown, options: ReadOptions): PosternError | undefined {
  const response = membersOf(thrown['response'])
  const answers = [thrown, response, membersOf(membersOf(thrown['raw'])['response'])]
  const status = answers.map((answer) => answer['status'] ?? answer['statusCode']).find((one) => typeof one === 'number')
  const headers = answers.map((answer) => answer['headers']).find((one) => typeof one === 'object' && one !== null)
  const told = answers.flatMap((answer) => [answer, answer['data'], answer['body']].map(bodyOf)).map(refusalInBody).find((one) => one !== undefined)
    ?? refusalInProxyStatus(headerOf(headers, 'proxy-status'))
  if (told === undefined) return undefined
  const retryAfterMs = retryAfterOf(headerOf(headers, 'retry-after'), undefined)
  return toldError({ ...told, status, retryAfterMs, cause }, options)
}

function bodyOf(value: unknown): unknown {
  return typeof value === 'string' ? parsed(value) : value
}

/** Libraries hand on headers as `Headers`, or as an object with names in lower case. */
function headerOf(headers: unknown, name: string): string | undefined {
  return headers instanceof Headers ? headers.get(name) ?? undefined : textOf(membersOf(headers)[name])
}
