import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Http1Upstream } from '../../src/egress/http1/http1-upstream.ts'
import type { AnswerHandler, UpstreamCall } from '../../src/egress/upstream.ts'
import { mapBounded } from '../../src/lib/map-bounded.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { startRecordingUpstream, type RecordingUpstream } from '../support/recording-upstream.ts'
import type { AnswerRow, Verdict } from './answer-case.ts'
import { Answering } from './answering.ts'
import { ANSWERS, LATE } from './answers.ts'

const AT_ONCE = 16
const SETTINGS = { maxConnections: 64, maxWaiting: 256, maxWaitMs: 5_000, keepAliveMs: 15_000, headersTimeoutMs: 5_000, bodyIdleTimeoutMs: 5_000, totalTimeoutMs: 0,
  maxHeaderBytes: 65_536 }
const answering = new Answering()
let server: RecordingUpstream
let upstream: Http1Upstream
beforeAll(async () => {
  const used = new WeakMap<object, number>()
  server = await startRecordingUpstream({
    respond: (socket, received) => {
      const from = used.get(socket) ?? 0
      used.set(socket, received.length)
      for (const [, target = ''] of received.slice(from).matchAll(/^[A-Z]+ (\/\S*) HTTP\/1\.1\r\n/gm)) answering.respond(socket, target)
    },
  })
  const dial = (): Promise<ReturnType<typeof connect>> => new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
    socket.once('error', reject).once('connect', () => resolve(socket))
  })
  upstream = new Http1Upstream(dial, SETTINGS, systemTimers)
})
afterAll(async () => {
  await upstream.destroy()
  await server.close()
})

interface Told {
  readonly verdict: Verdict
  readonly status: number
  readonly body: string
  /** What was told, in its order. */
  readonly events: readonly string[]
}

function ask(method: string, target: string): Promise<Told> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const events: string[] = []
    let status = 0
    const done = (verdict: Verdict): void => resolve({ verdict, status, body: Buffer.concat(chunks).toString('latin1'), events })
    const handler: AnswerHandler = {
      onCall: (_call: UpstreamCall) => void events.push('call'),
      onBodySent: () => undefined,
      onInterim: () => void events.push('interim'),
      onHead: (told) => {
        status = told
        events.push('head')
      },
      onData: (chunk) => {
        chunks.push(chunk)
        events.push('data')
      },
      onEnd: () => {
        events.push('end')
        done('whole')
      },
      onError: () => {
        events.push('error')
        done(status === 0 ? 'refused' : 'cut')
      },
    }
    upstream.dispatch({ method, target, authority: 'recorder.internal', fields: [], body: { kind: 'none' } }, handler)
  })
}

const ORDER = /^call(?: interim)*(?: head(?: data)*)?(?: end| error)$/

describe('the answers corpus, against the client of our own', () => {
  let next = 0
  for (const { family, rows } of ANSWERS) {
    const named = rows.map((row) => ({ row, id: `r${next++}` }))
    it(`${family}: ${rows.length} answers`, async () => {
      const problems: string[] = []
      await mapBounded(named, family === LATE ? 1 : AT_ONCE, async ({ row, id }) => {
        const told = await ask(row.method, `/v1/${id}`)
        if (family === LATE) await answering.closed(id)
        const problem = problemOf(row, id, told) ?? (await followUp(row, id))
        if (problem !== undefined) problems.push(`${row.name}: ${problem}`)
      })
      expect(problems).toEqual([])
    })
  }
})

function problemOf({ verdicts, status, body }: AnswerRow, id: string, told: Told): string | undefined {
  if (!ORDER.test(told.events.join(' '))) return `told in another order: ${told.events.slice(0, 8).join(' ')} …`
  if (!verdicts.includes(told.verdict)) return `is ${told.verdict} (${told.status} ${told.body.slice(0, 60)}), must be ${verdicts.join(' or ')}`
  if (told.verdict !== 'whole') return undefined
  return told.status === status && told.body === body(id) ? undefined : `${told.status} ${told.body.slice(0, 60)}, must be ${status} ${body(id)}`
}

async function followUp({ kept }: AnswerRow, id: string): Promise<string | undefined> {
  const { status, body } = await ask('GET', `/v1/after-${id}`)
  if (status !== 200 || body !== `after-${id}`) return `the next request is answered ${status} ${body.slice(0, 60)}`
  const reused = answering.after(id)
  return kept || reused.length === 0 ? undefined : `its connection carried ${reused.join(', ')} afterwards`
}
