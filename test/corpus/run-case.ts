import { valuesOf, type Answer } from '../support/wire.ts'
import { hidden, type Door, type Outcome, type Row, type Site } from './corpus-case.ts'
import type { CorpusWorld } from './corpus-world.ts'

/** What became of one case, at the client. */
export interface CaseResult {
  readonly outcomes: readonly Outcome[]
  /** Undefined where all is as it must be. */
  readonly problem: string | undefined
}

/** Longer than any of it takes; only a defect waits for it. */
const PATIENCE_MS = 8_000

/** Refusals of requests that were understood: the next on the connection is another matter. All others end it. */
const JUDGED: ReadonlySet<Outcome> = new Set(['operation_unknown', 'policy_denied', 'client_credential_refused', 'host_not_served', 'integration_unknown',
  'path_refused', 'identity_required', 'token_invalid', 'header_refused'])

/** Sends one case, reads what it is answered, tries to go on with the connection after a refusal, and waits for its end. */
export async function runCase(world: CorpusWorld, row: Row, door: Door, site: Site): Promise<CaseResult> {
  const wire = await world.open(door)
  let late = false
  const patience = setTimeout(() => {
    late = true
    wire.close()
  }, PATIENCE_MS)
  try {
    const bytes = row.write(site)
    const toHead = bytes.startsWith('HEAD ')
    wire.send(bytes)
    if (row.thenEnds) wire.socket.end()
    const answers: Answer[] = []
    while (answers.length < row.answers.length) answers.push(await wire.answer(toHead))
    const outcomes = answers.map(outcomeOf)
    const [last, outcome] = [answers.at(-1), outcomes.at(-1)]
    const kept = last !== undefined && outcome !== 'ok' && outcome !== 'cut' && !closes(last)
    // Whoever was refused may not ask again on this connection.
    if (!kept && outcome !== 'ok' && wire.socket.writable && !wire.socket.writableEnded) wire.send(hidden(site))
    wire.socket.end()
    const left = await wire.answer()
    await wire.closed
    if (late) return { outcomes, problem: 'the connection stayed open' }
    if (kept && !row.judged && !JUDGED.has(outcome ?? 'cut')) return { outcomes, problem: `the connection goes on after ${outcome}` }
    return { outcomes, problem: problemOf(row, outcomes, left) }
  } finally {
    clearTimeout(patience)
    wire.close()
  }
}

function closes(answer: Answer): boolean {
  // What is told inside a tunnel that stands already has no head of its own.
  return answer.status === 200 || valuesOf(answer, 'connection').includes('close')
}

function outcomeOf(answer: Answer): Outcome {
  if (answer.status === 0) return 'cut'
  if (answer.status === 200 && answer.code === undefined) return answer.whole ? 'ok' : 'cut'
  return (answer.code as Outcome | undefined) ?? 'untold'
}

function problemOf(row: Row, outcomes: readonly Outcome[], left: Answer): string | undefined {
  const wrong = outcomes.findIndex((outcome, at) => !([] as Outcome[]).concat(row.answers[at] ?? []).includes(outcome))
  if (wrong !== -1) return `answer ${wrong + 1} is ${outcomes[wrong]}`
  if (left.status !== 0) return `one more answer: ${left.status} ${left.code ?? ''}`
  return left.body === '' ? undefined : 'bytes after the last answer'
}
