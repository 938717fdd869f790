import type { AuditEvent } from '../audit/event.ts'
import type { Clock } from '../lib/clock.ts'
import { TurnBatch } from '../lib/turn-batch.ts'
import type { DenialAnswer, DenialView } from '../integrations/integration.ts'
import { codeOfThrown } from '../model/denial.ts'
import { viewOf } from './denial-view.ts'
import { run, type Run, type Stages } from './compose.ts'
import type { Received } from './exchange.ts'
import { completionRecord, type Trace } from './record.ts'

export interface PipelineDependencies {
  readonly stages: Stages
  /** Takes the record that completes an exchange. */
  record(event: AuditEvent): void
  /** Told once of each exchange that its stages have ended, after answer and record. */
  ended?(trace: Trace): void
  readonly clock: Clock
  /**
   * The refusal in the words of the upstream that the request was meant for; RFC 9457 where that is nobody.
   * @param body of the request, parsed; undefined where it was not read
   */
  shape(view: DenialView, received: Received, body: unknown): DenialAnswer
  /** The operational log: what broke in us, with its stack. Never told to the client. */
  reportBroken(error: unknown, stage: string, exchange: string): void
}

/** What the listener hands requests to. */
export interface Pipeline {
  /** Runs every stage, once this turn has brought all; answers what was refused, and always ends in one audit record. Never throws. */
  exchange(received: Received): void
  /** Exchanges under way: each until it is on record. */
  readonly open: number
  /** Puts on record now what has ended in this turn: for a process that has no further one. */
  recordEnded(): void
}

/** An exchange whose stages have ended, and whose client has been told. */
interface Ended {
  readonly trace: Trace
  readonly outcome: Run
  /** Of the answer to a refusal, 0 where there is none. */
  readonly status: number
  readonly monotonicMs: number
}

/** Ties the stages to their two ends: the answer to a refusal, and the record. What one turn brings goes through them together. */
export function createPipeline(deps: PipelineDependencies): Pipeline {
  let open = 0
  const arrivals = new TurnBatch<Trace>((trace) => run(deps.stages, trace, (outcome) => finish(trace, outcome)))
  const endings = new TurnBatch<Ended>(complete)

  function finish(received: Trace, outcome: Run): void {
    let status = 0
    try {
      status = refuse(received, outcome)
    } catch (error) {
      deps.reportBroken(error, 'answer', received.id)
      received.client.cut()
    }
    endings.add({ trace: received, outcome, status, monotonicMs: deps.clock.monotonicMs() })
  }

  function complete({ trace, outcome, status, monotonicMs }: Ended): void {
    open -= 1
    try {
      deps.record(completionRecord(trace, outcome, { status, monotonicMs }))
    } catch (error) {
      // Nobody is left to catch it: it would end the process.
      deps.reportBroken(error, 'record', trace.id)
    }
    deps.ended?.(trace)
  }

  /** @returns the status that the client got, 0 where it got none */
  function refuse(received: Received, outcome: Run): number {
    if (outcome.kind === 'complete') return 0
    const denial = outcome.kind === 'denied' ? outcome.denial : undefined
    const code = outcome.kind === 'denied' ? outcome.denial.denial : codeOfThrown(outcome.error)
    if (outcome.kind === 'broken') deps.reportBroken(outcome.error, outcome.stage, received.id)
    const answer = deps.shape(viewOf(code, received.id, denial), received, denial?.refusedBody ?? bodyOf(received))
    received.client.answer(answer.status, answer.headers, Buffer.from(answer.body))
    return answer.status
  }

  return {
    get open() {
      return open
    },
    exchange(received) {
      open += 1
      arrivals.add(traceOf(received))
    },
    recordEnded: endings.flush,
  }
}

/** Every field has its place from the start: an object that grows stage by stage is moved again and again. */
function traceOf({ id, door, receivedAtMs, startedMonotonicMs, request, prefix, proofs, client, place }: Received): Trace {
  const trace: { readonly [K in keyof Required<Trace> | 'arrival']: K extends keyof Trace ? Trace[K] | undefined : undefined } = {
    id, door, receivedAtMs, startedMonotonicMs, request, prefix, proofs, client, place,
    arrival: undefined, principal: undefined, admission: undefined, snapshot: undefined, route: undefined, inspection: undefined, decision: undefined,
    credential: undefined, announced: undefined, forwarding: undefined,
  }
  return trace as Trace
}

function bodyOf({ inspection }: Trace): unknown {
  return inspection?.body?.value
}
