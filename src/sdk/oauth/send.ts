import { PosternError } from '../errors/postern-error.ts'
import { UnavailableError } from '../errors/refusals.ts'
import { retryAfterOf } from '../errors/retry-after.ts'
import type { Environment } from '../environment.ts'
import { readJson, type JsonAnswer } from './json-answer.ts'

/** One request, and whether it may be sent again. */
export interface Sending {
  readonly url: string
  /** Made anew for each attempt: a client's assertion is good once. */
  readonly init: () => RequestInit
  /**
   * `repeatable`: asking twice gives no more than asking once, so that it is sent again where the answer was lost or was "not now".
   * `once`: a code that is shown twice ends what it gave, so that it is sent again only where it surely was not sent.
   */
  readonly safety: 'repeatable' | 'once'
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const MAX_ATTEMPTS = 3
const BACKOFF_MS = 100
const UNSENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/**
 * Sends a request to the authority and reads its answer, whatever it says; redirects are not followed.
 * @throws UnavailableError `network_error`, `timeout`, `answer_malformed`; the signal's reason
 */
export async function send(sending: Sending, environment: Environment): Promise<JsonAnswer> {
  const endMs = environment.monotonicMs() + sending.timeoutMs
  const over = AbortSignal.timeout(Math.ceil(sending.timeoutMs))
  const signal = AbortSignal.any([sending.signal, over])
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await attemptOf(sending, signal, environment)
      const pauseMs = attempt < MAX_ATTEMPTS ? pauseAfter(outcome, attempt, sending, environment) : undefined
      if (pauseMs === undefined || environment.monotonicMs() + pauseMs >= endMs) return settled(outcome)
      await environment.sleep(pauseMs, signal)
    } catch (error) {
      sending.signal.throwIfAborted()
      if (over.aborted) throw new UnavailableError({ code: 'timeout', message: `${originOf(sending)} did not answer within ${sending.timeoutMs} ms.`, cause: error })
      throw error
    }
  }
}

/** An answer, or why there was none. */
type Outcome = { readonly answer: JsonAnswer } | { readonly failure: UnavailableError; readonly unsent: boolean; readonly begun: boolean }

async function attemptOf(sending: Sending, signal: AbortSignal, { fetch }: Environment): Promise<Outcome> {
  let response: Response
  try {
    response = await fetch(sending.url, { ...sending.init(), redirect: 'error', signal })
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof PosternError) throw cause
    const reason = reasonOf(cause)
    return { failure: lost(sending, 'network_error', `cannot be reached${typeof reason === 'string' ? `: ${reason}` : ''}`, cause), unsent: UNSENT.has(reason), begun: false }
  }
  try {
    return { answer: await readJson(response) }
  } catch (cause) {
    signal.throwIfAborted()
    return { failure: lost(sending, 'answer_malformed', 'broke off its answer, or it is too long', cause), unsent: false, begun: true }
  }
}

/** @returns undefined where the request is not to be sent again */
function pauseAfter(outcome: Outcome, attempt: number, { safety }: Sending, { nowMs }: Environment): number | undefined {
  if ('answer' in outcome) {
    const asked = outcome.answer.status === 503 && safety === 'repeatable' ? retryAfterOf(outcome.answer.headers.get('retry-after'), nowMs()) : undefined
    return asked === undefined ? undefined : Math.max(asked, BACKOFF_MS)
  }
  const again = outcome.unsent || (safety === 'repeatable' && !outcome.begun)
  // Half of it at random: many agents lose the same authority at the same moment.
  return again ? BACKOFF_MS * 2 ** attempt * (0.5 + Math.random() / 2) : undefined
}

function settled(outcome: Outcome): JsonAnswer {
  if ('failure' in outcome) throw outcome.failure
  return outcome.answer
}

function lost(sending: Sending, code: 'network_error' | 'answer_malformed', what: string, cause: unknown): UnavailableError {
  return new UnavailableError({ code, message: `${originOf(sending)} ${what}.`, cause })
}

function originOf({ url }: Sending): string {
  return new URL(url).origin
}

/** `fetch` tells what happened in its error's cause. */
function reasonOf(error: unknown): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = (at as { readonly code?: unknown }).code
    if (typeof code === 'string') return code
    if (at instanceof AggregateError && at.errors.length > 0) return reasonOf(at.errors[0])
  }
  return undefined
}
