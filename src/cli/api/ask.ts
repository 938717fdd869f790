import { InvalidArgumentError, type Command } from 'commander'
import { revocationText } from '../output/revocation-text.ts'
import { table, type Column } from '../output/table.ts'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import type { ApiClient } from './api-client.ts'
import type { ApiDeps, ApiOptions } from './api-deps.ts'
import { authorityUrl } from './authority-url.ts'
import { openApi } from './open-api.ts'

/** Options of a list. */
export interface ListOptions extends ApiOptions {
  readonly limit: number
}

/** Options of a revocation. */
export interface RevokeOptions extends ApiOptions {
  readonly reason?: string
}

/** A command that asks the authority. */
export function asking(command: Command): Command {
  return command
    .option('--url <url>', 'the authority (default: $POSTERN_URL, else where you signed in last)', authorityUrl)
    .option('--ca <file>', 'trust these certificates, too (PEM)')
    .option('--json', 'the answer as JSON')
}

/** A command that lists. */
export function listing(command: Command): Command {
  return asking(command).option('-n, --limit <count>', 'at most this many', countFrom(1, 10_000), 100)
}

/** A command that takes back; the report says what was done. */
export function revoking(command: Command): Command {
  return asking(command).option('--reason <text>', 'why: it stands in the audit')
}

/** Asks for one thing and shows it. */
export async function show<T>(options: ApiOptions, deps: ApiDeps, ask: (api: ApiClient) => Promise<T>, text: (answer: T) => string): Promise<void> {
  const answer = await ask(openApi(options, deps))
  deps.stdout.write(options.json === true ? `${JSON.stringify(answer, undefined, 2)}\n` : text(answer))
}

/** Asks for a list and shows it as a table. */
export async function showList<T>(
  options: ListOptions, deps: ApiDeps, path: string, query: Parameters<ApiClient['list']>[1], columns: readonly Column<T>[], none: string,
): Promise<void> {
  const { items, more } = await openApi(options, deps).list<T>(path, query, options.limit)
  deps.stdout.write(options.json === true ? `${JSON.stringify(items, undefined, 2)}\n` : table(items, columns, none))
  if (more) deps.stderr.write(`there are more than ${options.limit}: use --limit\n`)
}

/** Takes back and tells what that did. */
export function revoke(options: RevokeOptions, deps: ApiDeps, path: string): Promise<void> {
  return show<ReportView>(options, deps, (api) => api.post(`${path}/revoke`, reasonOf(options)), revocationText)
}

/** The body of a revocation. */
export function reasonOf({ reason }: RevokeOptions): object {
  return reason === undefined ? {} : { reason }
}

/** For commander: a whole number within bounds. */
export function countFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const count = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : NaN
    if (!(count >= least && count <= most)) throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
    return count
  }
}
