import { Command, InvalidArgumentError } from 'commander'
import type { ApprovalView } from '../authority/admin/wire/approval.ts'
import { parseDuration } from '../lib/duration.ts'
import type { ApiDeps, ApiOptions } from './api/api-deps.ts'
import { asking, listing, show, showList, type ListOptions } from './api/ask.ts'
import { approvalArgument, segment } from './api/id-argument.ts'
import { answers, answerText, stateOption } from './approval.ts'
import { when, type Column } from './output/table.ts'

interface RequestOptions extends ApiOptions {
  readonly reason: string
  readonly for: number
}

const COLUMNS: readonly Column<ApprovalView>[] = [
  ['REQUEST', ({ id }) => id],
  ['STATE', ({ state }) => state],
  ['WHO', ({ person }) => person],
  ['ASKED', ({ asked_at: asked }) => when(asked)],
  ['ANSWERED BY', ({ answered_by: by }) => by],
  ['UNTIL', ({ valid_until: until }) => when(until)],
  ['WHY', ({ text }) => text],
]

/** `postern break-glass`: to be an operator for a while, by a colleague's leave. */
export function breakGlassCommand(deps: ApiDeps): Command {
  const command = new Command('break-glass').description('be an operator for a while, by a colleague’s leave; all of it stands in the audit')
  asking(command.command('request').description('ask for it'))
    .requiredOption('--reason <text>', 'why: your colleague reads it, and it stands in the audit')
    .requiredOption('--for <duration>', 'for how long, from the approval on: 30m', seconds)
    .action(({ reason, for: expiresIn, ...options }: RequestOptions) =>
      show<ApprovalView>(options, deps, (api) => api.post('/v1/break-glass', { reason, expires_in: expiresIn }), (asked) =>
        `${answerText(asked)}another operator answers it: postern break-glass approve ${asked.id}\n`))
  listing(command.command('list').description('list requests, newest first')).addOption(stateOption())
    .action(({ state, ...options }: ListOptions & { readonly state?: string }) =>
      showList(options, deps, '/v1/break-glass', { state }, COLUMNS, 'There are no requests.'))
  answers(command, '/v1/break-glass', deps)
  asking(command.command('end').description('end the access before its time').argument('<id>', 'apr_…', approvalArgument))
    .action((id: string, options: ApiOptions) => show<ApprovalView>(options, deps, (api) => api.post(`/v1/break-glass/${segment(id)}/end`), answerText))
  return command
}

function seconds(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms < 60_000 || ms % 1000 !== 0) throw new InvalidArgumentError('It is a duration such as 30m or 2h, at least 1m.')
  return ms / 1000
}
