import { InvalidArgumentError, type Command } from 'commander'
import type { RecordFilter } from '../audit/record-filter.ts'
import type { Clock } from '../lib/clock.ts'
import { parseDuration } from '../lib/duration.ts'

/** Which records are wanted, as the command line says it. */
export interface FilterOptions {
  readonly agent?: string
  readonly person?: string
  readonly integration?: string
  readonly event?: string
  readonly outcome?: string
  readonly denied?: boolean
  readonly since?: string
}

const OUTCOMES: readonly string[] = ['ok', 'denied', 'failed', 'aborted', 'revoked']
const KINDS = /^(?:api|credential|agent|delegation|session|connection|approval|token|policy|admin|audit)(?:\.[a-z_]+)?$/

/** A command that shows only some records. */
export function filtering(command: Command): Command {
  return command
    .option('--agent <id>', 'only this agent')
    .option('--person <id>', 'only calls for this person')
    .option('--integration <name>', 'only this integration')
    .option('--event <code>', 'only this event, or a kind of events: api.denied, credential', eventCode)
    .option('--outcome <outcome>', 'ok, denied, failed, aborted or revoked', outcome)
    .option('--denied', 'the same as --outcome denied')
    .option('--since <time>', 'an RFC 3339 time, or how long ago: 10m', moment)
}

/** For the records of a log. */
export function recordFilterOf(options: FilterOptions, clock: Clock): RecordFilter {
  const { agent, person, integration, event } = options
  return { agent, person, integration, event, outcome: outcomeOf(options), sinceMs: momentMs(options.since, clock) }
}

/** For the authority. */
export function filterQueryOf(options: FilterOptions & { readonly until?: string }, clock: Clock): Readonly<Record<string, string | undefined>> {
  const { agent, person, integration, event } = options
  return { agent, person, integration, event, outcome: outcomeOf(options), since: momentText(options.since, clock), until: momentText(options.until, clock) }
}

/** For commander: a time, or how long ago it was. */
export function moment(text: string): string {
  if (parseDuration(text) === undefined && Number.isNaN(Date.parse(text))) {
    throw new InvalidArgumentError('It is a time (2026-11-21T09:00:00Z) or a duration (10m).')
  }
  return text
}

function outcomeOf({ outcome, denied }: FilterOptions): string | undefined {
  return denied === true ? 'denied' : outcome
}

function momentMs(text: string | undefined, clock: Clock): number | undefined {
  if (text === undefined) return undefined
  const agoMs = parseDuration(text)
  return agoMs === undefined ? Date.parse(text) : clock.nowMs() - agoMs
}

function momentText(text: string | undefined, clock: Clock): string | undefined {
  const ms = momentMs(text, clock)
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

/** A misspelt filter would show nothing, and read as if nothing had happened. */
function outcome(text: string): string {
  if (!OUTCOMES.includes(text)) throw new InvalidArgumentError(`It is one of ${OUTCOMES.join(', ')}.`)
  return text
}

function eventCode(text: string): string {
  if (!KINDS.test(text)) throw new InvalidArgumentError('It is an event such as api.denied, or a kind such as credential.')
  return text
}
