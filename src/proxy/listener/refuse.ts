import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { problemAnswer, problemOf, type ProblemAnswer, type ProblemView } from '../../http/problem.ts'
import type { Timers } from '../../lib/timers.ts'
import { CODES, type Code } from '../../model/codes.ts'
import type { Denial, Fault } from '../../model/denial.ts'
import { newId, type DecisionId } from '../../model/ids.ts'
import type { Door, Proofs } from '../exchange.ts'
import type { ListenerDependencies, Refusal } from './listener-options.ts'

const LINGER_MS = 1_000
const LINGER_BYTES = 262_144
const MAX_TOLD = 1_024

/** What could be read of a request before it was refused. */
export interface RefusedFacts {
  readonly id?: DecisionId
  readonly door: Door | undefined
  readonly method?: string | undefined
  readonly host?: string | undefined
  readonly target?: string | undefined
  readonly proofs?: Proofs | undefined
  readonly receivedAtMs?: number
  readonly startedMonotonicMs?: number
}

/** Tells the sink of a refusal and makes its answer: whoever refuses calls this once, and nobody answers without. */
export function refuse(deps: ListenerDependencies, denial: Denial, facts: RefusedFacts): ProblemAnswer {
  const id = facts.id ?? newId('dec')
  const answer = problemAnswer(problemOf(denial, id), facts.door === 'reverse' ? 'origin' : 'proxy')
  tell(deps, () => deps.sink.refused({ ...toldOf(deps, facts, id, answer.status), denial }))
  return answer
}

/** The same where what was asked could not be judged: by the code alone. */
export function refuseUnjudged(deps: ListenerDependencies, fault: Fault, facts: RefusedFacts): ProblemAnswer {
  const id = facts.id ?? newId('dec')
  const answer = answerOf(fault.code, undefined, id)
  tell(deps, () => deps.sink.failed({ ...toldOf(deps, facts, id, answer.status), fault }))
  return answer
}

function toldOf(deps: ListenerDependencies, facts: RefusedFacts, id: DecisionId, status: number): Omit<Refusal, 'denial'> {
  return {
    id,
    status,
    door: facts.door,
    receivedAtMs: facts.receivedAtMs ?? deps.clock.nowMs(),
    startedMonotonicMs: facts.startedMonotonicMs ?? deps.clock.monotonicMs(),
    method: facts.method,
    host: facts.host?.slice(0, MAX_TOLD),
    path: facts.target?.split('?', 1)[0]?.slice(0, MAX_TOLD),
    proofs: facts.proofs,
  }
}

/** Nothing that the sink does may end the process, or keep the client from its answer. */
function tell({ sink }: ListenerDependencies, told: () => void): void {
  try {
    told()
  } catch (error) {
    sink.broken(error)
  }
}

/** The answer to a code alone, where the relay or a fault refused what the listener had accepted. */
export function answerOf(code: Code, denial: Denial | undefined, id: DecisionId): ProblemAnswer {
  const { status, title } = CODES[code]
  const view: ProblemView = denial === undefined
    ? { code, status, title, hint: undefined, layer: undefined, rule: undefined, decisionId: id, missingScopes: [], link: undefined, retryAfterSeconds: undefined }
    : problemOf(denial, id)
  return problemAnswer(view, 'proxy')
}

/** Answers on the bare socket, where there is no request to answer, and ends it. Bytes that still come are not looked at. */
export function answerOnSocket(socket: Socket, answer: ProblemAnswer, timers: Timers): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(rawAnswer(answer))
  lingerThenDestroy(socket, timers)
}

/** Closing at once, with bytes unread, would make the system send a reset, and the client lose the answer. */
export function lingerThenDestroy(socket: Socket, timers: Timers): void {
  let left = LINGER_BYTES
  const destroy = (): void => {
    cancel()
    socket.destroy()
  }
  const cancel = timers.after(LINGER_MS, destroy)
  // The HTTP parser reads no further.
  socket.removeAllListeners('data')
  socket.on('error', destroy)
  socket.once('close', cancel)
  socket.once('end', () => socket.destroySoon())
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) destroy()
  })
  socket.resume()
}

/** The bytes of an answer after which the connection ends. */
export function rawAnswer({ status, headers, body }: ProblemAnswer): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n`
  for (let at = 0; at + 1 < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
}
