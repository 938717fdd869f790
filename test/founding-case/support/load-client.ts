import { request } from 'node:http'
import { CallLoop, type Calls, type RepeatedCall } from './call-loop.ts'
import { openStreams, silent, type EventStream, type StreamOrder } from './event-streams.ts'

/** So many streams of one run. */
export interface Load extends StreamOrder {
  readonly count: number
}

/** What the load client is told to do, one order at a time. */
export type Order =
  | { readonly do: 'load'; readonly streams: readonly Load[]; readonly calls: readonly RepeatedCall[]; readonly pauseMs: number }
  | { readonly do: 'round'; readonly streams: readonly Load[]; readonly revokeUrl: string; readonly operator: string }
  | { readonly do: 'stop' }

/** What one revocation did, as seen from here. Times count from the moment at which its request was sent, in milliseconds. */
export interface Round {
  readonly lastBytesMs: readonly number[]
  readonly closesMs: readonly number[]
  /** Until the operator had the report, the upstreams told. */
  readonly reportMs: number
  readonly streamsCut: number
  /** Streams of the others that ended so far, or went silent. */
  readonly othersCut: number
  readonly othersSilent: number
}

/** A stream that is still open by then has not been cut at all. */
const GIVEN_UP_MS = 10_000
/** For the load to be what it is between two rounds. */
const SETTLE_MS = 400

let others: readonly EventStream[] = []
let loop: CallLoop | undefined

async function load({ streams, calls, pauseMs }: Order & { do: 'load' }): Promise<number> {
  others = await openAll(streams)
  loop = new CallLoop(calls, pauseMs)
  return others.length
}

async function round({ streams, revokeUrl, operator }: Order & { do: 'round' }): Promise<Round> {
  const opened = await openAll(streams)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const sentMs = performance.now()
  const answered = post(revokeUrl, operator)
  const givenUp = new Promise((resolve) => setTimeout(resolve, GIVEN_UP_MS))
  await Promise.race([Promise.all(opened.map(({ ended }) => ended)), givenUp])
  const { atMs, body } = await answered
  for (const stream of opened) if (stream.open) stream.close()
  return {
    lastBytesMs: opened.map(({ lastByteMs }) => Math.max(0, lastByteMs - sentMs)),
    closesMs: opened.map(({ endedMs = Infinity }) => (endedMs < sentMs ? Infinity : endedMs - sentMs)).map((ms) => Math.min(ms, GIVEN_UP_MS)),
    reportMs: atMs - sentMs,
    streamsCut: (body as { streams_cut: number }).streams_cut,
    othersSilent: (await silent(others, 2_000)).length,
    othersCut: others.filter(({ open }) => !open).length,
  }
}

async function stop(): Promise<Calls> {
  const calls = await loop?.stop()
  for (const stream of others) stream.close()
  return calls ?? { made: 0, failed: [] }
}

async function openAll(streams: readonly Load[]): Promise<readonly EventStream[]> {
  const opened: EventStream[] = []
  for (const order of streams) opened.push(...await openStreams(order, order.count))
  return opened
}

/** On a connection of its own, as the command line makes it. */
function post(url: string, token: string): Promise<{ readonly atMs: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': 2 }
    request(url, { method: 'POST', agent: false, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => {
        if (answer.statusCode === 200) resolve({ atMs: performance.now(), body: JSON.parse(text) })
        else reject(new Error(`not revoked: ${answer.statusCode} ${text}`))
      })
    }).once('error', reject).end('{}')
  })
}

function perform(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'load': return load(order)
    case 'round': return round(order)
    case 'stop': return stop()
  }
}

process.on('message', (order: Order) => {
  perform(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
