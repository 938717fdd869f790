import { END_STREAM, frame, FRAME, PREFACE } from '../../http2/frames.ts'
import { codeOf, framesOn, type RawConnection } from '../../http2/raw-frames.ts'
import type { Outcome } from '../corpus-case.ts'
import { ERRORS, get, type H2Outcome, type H2Row, type H2Site } from './h2-case.ts'
import type { H2World } from './h2-world.ts'

/** What became of one case, at the client. */
export interface H2Result {
  readonly outcome: H2Outcome
  /** Good requests that were answered after it. */
  readonly after: readonly string[]
  /** Undefined where all is as it must be. */
  readonly problem: string | undefined
  /** Every byte that came, their frames' payloads. */
  readonly seen: Buffer
}

/** Longer than any of it takes; only a defect waits for it. */
const PATIENCE_MS = 8_000
/** Larger than whatever a case has used. */
const LATER_STREAM = 1_001
/** `:status: 200` out of the static table. */
const STATUS_OK = 0x88
const GREETING = Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)])

/**
 * Sends one case, reads how its stream or its connection ends, and asks for something good afterwards: on the same connection where only
 * the stream was concerned, and on a new one where the connection was.
 */
export async function runH2Case(world: H2World, row: H2Row, site: H2Site): Promise<H2Result> {
  const connection = framesOn(await world.open(site))
  const patience = setTimeout(() => connection.socket.destroy(), PATIENCE_MS)
  const began = connection.socket
  try {
    connection.write(...(row.bare ? [] : [GREETING]), row.write(site))
    if (row.thenEnds) began.end()
    const outcome = await outcomeOn(connection, row.stream)
    const after = `after-${site.id}`
    const same = !outcome.startsWith('ended') && !row.thenEnds
    const problem = fits(outcome, row) ? await followUp(world, site, after, same ? connection : undefined) : `is ${outcome}`
    return { outcome, after: problem === undefined ? [after] : [], problem, seen: Buffer.concat(connection.frames.map(({ payload }) => payload)) }
  } finally {
    clearTimeout(patience)
    connection.socket.destroy()
  }
}

/** What the client reads last may be lost where both sides close: an end without its reason is one all the same. */
function fits(outcome: H2Outcome, { outcomes }: H2Row): boolean {
  return outcomes.includes(outcome) || (outcome === 'ended' && outcomes.some((one) => one.startsWith('ended')))
}

async function followUp(world: H2World, site: H2Site, id: string, same: RawConnection | undefined): Promise<string | undefined> {
  const connection = same ?? framesOn(await world.open(site))
  const next = world.siteOf(site, id)
  connection.write(...(same === undefined ? [GREETING] : []), get(next, {}, LATER_STREAM))
  const outcome = await outcomeOn(connection, LATER_STREAM)
  connection.socket.destroy()
  return outcome === 'ok' ? undefined : `the next request, on ${same === undefined ? 'a new' : 'the same'} connection, is ${outcome}`
}

async function outcomeOn(connection: RawConnection, stream: number): Promise<H2Outcome> {
  const end = await connection.next((one) => {
    if (one.type === FRAME.goaway) return codeOf(one) !== 0
    if (one.stream !== stream) return false
    return one.type === FRAME.rst || ((one.type === FRAME.data || one.type === FRAME.headers) && (one.flags & END_STREAM) !== 0)
  })
  if (end === undefined) return 'ended'
  if (end.type === FRAME.rst) return `reset ${nameOf(codeOf(end))}`
  if (end.type === FRAME.goaway) {
    await connection.closed
    return `ended ${nameOf(codeOf(end))}`
  }
  return answerOn(connection, stream)
}

function answerOn({ frames }: RawConnection, stream: number): Outcome {
  const mine = frames.filter((one) => one.stream === stream)
  const body = Buffer.concat(mine.flatMap(({ type, payload }) => (type === FRAME.data ? [payload] : []))).toString('latin1')
  const told = /"code":"([a-z_]+)"/.exec(body)?.[1]
  if (told !== undefined) return told as Outcome
  // An interim answer may come before.
  const isOk = mine.some(({ type, payload }) => type === FRAME.headers && saysOk(payload))
  return isOk && (body === '' || body === '{"ok":true}') ? 'ok' : 'untold'
}

/** Behind what says how large the table is now. */
function saysOk(head: Buffer): boolean {
  let at = 0
  while (((head[at] ?? 0) & 0xe0) === 0x20) {
    if (((head[at] ?? 0) & 0x1f) === 0x1f) while (((head[++at] ?? 0) & 0x80) !== 0);
    at += 1
  }
  return head[at] === STATUS_OK
}

function nameOf(code: number | undefined): (typeof ERRORS)[number] {
  const name = ERRORS[code ?? -1]
  if (name === undefined) throw new Error(`no such error: ${code}`)
  return name
}
