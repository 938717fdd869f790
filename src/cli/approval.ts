import { Command, Option } from 'commander'
import type { ApprovalView } from '../authority/admin/wire/approval.ts'
import type { ApiDeps, ApiOptions } from './api/api-deps.ts'
import { asking, listing, show, showList, type ListOptions } from './api/ask.ts'
import { agentArgument, approvalArgument, personArgument, segment } from './api/id-argument.ts'
import { when, type Column } from './output/table.ts'

interface ApprovalListOptions extends ListOptions {
  readonly agent?: string
  readonly person?: string
  readonly state?: string
}

const COLUMNS: readonly Column<ApprovalView>[] = [
  ['APPROVAL', ({ id }) => id],
  ['STATE', ({ state }) => state],
  ['AGENT', ({ agent }) => agent],
  ['FOR', ({ person }) => person],
  ['ASKED', ({ asked_at: asked }) => when(asked)],
  ['WHAT', ({ text }) => text],
]

/** `postern approval`: questions of policy to people. */
export function approvalCommand(deps: ApiDeps): Command {
  const command = new Command('approval').description('see and answer what agents want to be approved')
  listing(command.command('list').description('list questions, newest first'))
    .option('--agent <id>', 'only of this agent', agentArgument)
    .option('--person <id>', 'only to this person; others’ for operators and auditors', personArgument)
    .addOption(stateOption())
    .action(({ agent, person, state, ...options }: ApprovalListOptions) =>
      showList(options, deps, '/v1/approvals', { kind: 'operation', agent, person, state }, COLUMNS, 'There are no questions.'))
  answers(command, '/v1/approvals', deps)
  return command
}

/** `--state`, of questions. */
export function stateOption(): Option {
  return new Option('--state <state>', 'only these').choices(['pending', 'approved', 'denied', 'expired'])
}

/** `approve` and `deny`. */
export function answers(command: Command, path: string, deps: ApiDeps): void {
  for (const [verb, said] of [['approve', 'say yes'], ['deny', 'say no']] as const) {
    asking(command.command(verb).description(said).argument('<id>', 'apr_…', approvalArgument))
      .action((id: string, options: ApiOptions) => show<ApprovalView>(options, deps, (api) => api.post(`${path}/${segment(id)}/${verb}`), answerText))
  }
}

/** One line on how the question stands. */
export function answerText({ id, state, valid_until: until, answer_by: by }: ApprovalView): string {
  if (state === 'pending') return `${id} waits for an answer until ${when(by) ?? ''}\n`
  return `${id} is ${state}${state === 'approved' && until !== null ? ` until ${when(until) ?? ''}` : ''}\n`
}
