import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { humanFormat, wantsColor } from '../audit/human.ts'
import { LineSplitter } from '../audit/lines.ts'
import { parseRecord } from '../audit/record.ts'
import type { ApiClient } from './api/api-client.ts'
import type { ApiDeps, ApiOptions } from './api/api-deps.ts'
import { asking, listing, type ListOptions } from './api/ask.ts'
import { CommandFailure } from './api/command-failure.ts'
import { openApi } from './api/open-api.ts'
import { filterQueryOf, filtering, moment, type FilterOptions } from './audit-filter.ts'
import { EXIT_UNAVAILABLE } from './process-text.ts'

type UntilOptions = FilterOptions & { readonly until?: string }
type Show = (line: string) => void

interface TailOptions extends FilterOptions, ApiOptions {
  readonly follow?: boolean
  readonly lines: number
}

const MOST_LINES = 500
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** The authority says something at least every fifteen seconds. */
const SILENCE_MS = 60_000
const REMEMBERED = 2_000

/** `postern audit query|export`: what the authority has of all. */
export function addRemoteAudit(command: Command, { api: deps }: { readonly api: ApiDeps }): void {
  const until = (each: Command): Command => filtering(each).option('--until <time>', 'an RFC 3339 time, or how long ago: 10m', moment)
  until(listing(command.command('query').description('search the authority’s audit, oldest of the found first')))
    .action(async (options: ListOptions & UntilOptions) => {
      const { items, more } = await openApi(options, deps).list<object>('/v1/audit', filterQueryOf(options, deps.clock), options.limit)
      const show = shower(options, deps)
      for (const record of items.toReversed()) show(JSON.stringify(record))
      if (more) deps.stderr.write(`there are more than these ${options.limit}: use --limit, --until, or export\n`)
    })
  until(asking(command.command('export').description('all matching records as JSON lines, newest first, as they stand in the log')))
    .action(async (options: ApiOptions & UntilOptions) => {
      const gone = readerGone(deps)
      const body = await openApi(options, deps).stream('/v1/audit/export', filterQueryOf(options, deps.clock), AbortSignal.any([deps.signal, gone]))
      await readLines(body, (line) => write(deps, line, gone), gone)
    })
}

/** `postern audit tail --remote`. */
export async function tailRemote(options: TailOptions, { api: deps }: { readonly api: ApiDeps }): Promise<void> {
  const api = openApi(options, deps)
  const query = filterQueryOf(options, deps.clock)
  const show = shower(options, deps)
  if (options.follow === true) return follow(api, query, Math.min(options.lines, MOST_LINES), once(show), deps)
  if (options.lines === 0) return
  const { items } = await api.list<object>('/v1/audit', query, options.lines)
  for (const record of items.toReversed()) show(JSON.stringify(record))
}

/** An end of the connection is no end of the work: it goes on where it was, for as long as the login is good. */
async function follow(api: ApiClient, query: Parameters<ApiClient['stream']>[1], lines: number, show: Seen, deps: ApiDeps): Promise<void> {
  const ended = AbortSignal.any([deps.signal, readerGone(deps)])
  let pauseMs = FIRST_PAUSE_MS
  let wanted: Parameters<ApiClient['stream']>[1] = { ...query, lines }
  while (!ended.aborted) {
    try {
      await readLines(await api.stream('/v1/audit/tail', wanted, ended), (line) => {
        pauseMs = FIRST_PAUSE_MS
        show.show(line)
      }, ended)
    } catch (error) {
      if (ended.aborted) return
      if (!(error instanceof CommandFailure) || error.exitCode !== EXIT_UNAVAILABLE) throw error
      deps.stderr.write(`${error.message}; trying again\n`)
    }
    wanted = { ...query, since: show.lastTs ?? query['since'], lines: MOST_LINES }
    await delay(pauseMs, undefined, { signal: ended }).catch(() => undefined)
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
  }
}

/** Shows each record once, over connections. */
interface Seen {
  show(line: string): void
  readonly lastTs: string | undefined
}

function once(show: Show): Seen {
  const seen = new Set<string>()
  let lastTs: string | undefined
  return {
    get lastTs() {
      return lastTs
    },
    show(line) {
      const record = parseRecord(line)
      const id = record?.fields['id']
      if (record === undefined || typeof id !== 'string' || seen.has(id)) return
      seen.add(id)
      const [oldest] = seen
      if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest)
      lastTs = record.ts
      show(line)
    },
  }
}

/** @throws CommandFailure where the answer breaks off, or nothing is heard for long */
async function readLines(body: ReadableStream<Uint8Array>, onLine: (line: string) => void | Promise<void>, signal?: AbortSignal): Promise<void> {
  const reader = body.getReader()
  const splitter = new LineSplitter()
  try {
    for (;;) {
      const { done, value } = await heard(reader)
      if (done) return
      for (const { bytes, whole } of splitter.push(Buffer.from(value))) if (whole && bytes.length > 0) await onLine(bytes.toString('latin1'))
    }
  } catch (cause) {
    if (signal?.aborted === true) return
    throw cause instanceof CommandFailure ? cause : new CommandFailure(EXIT_UNAVAILABLE, 'the authority broke off: what was shown is not all', { cause })
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

type Heard = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

async function heard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Heard> {
  const over = new AbortController()
  try {
    const silence = delay(SILENCE_MS, undefined, { signal: over.signal }).then(() => {
      throw new CommandFailure(EXIT_UNAVAILABLE, 'nothing is heard of the authority any more')
    })
    return await Promise.race([reader.read(), silence])
  } finally {
    over.abort()
  }
}

function shower({ json }: ApiOptions, { stdout, env }: ApiDeps): Show {
  const human = humanFormat(wantsColor(stdout.isTTY === true, env))
  return (line) => {
    const record = parseRecord(line)
    stdout.write(`${json === true || record === undefined ? line : human(record)}\n`)
  }
}

/** `postern audit export | head`: who reads has seen enough, which is no failure. */
function readerGone({ stdout }: ApiDeps): AbortSignal {
  const gone = new AbortController()
  stdout.once('error', () => gone.abort())
  return gone.signal
}

/** No faster than it is taken. */
async function write({ stdout }: ApiDeps, line: string, gone: AbortSignal): Promise<void> {
  if (stdout.write(`${line}\n`) || gone.aborted) return
  await new Promise<void>((resolve) => {
    const go = (): void => {
      stdout.off('drain', go)
      gone.removeEventListener('abort', go)
      resolve()
    }
    stdout.once('drain', go)
    gone.addEventListener('abort', go)
  })
}
