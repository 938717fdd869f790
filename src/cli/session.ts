import { Command } from 'commander'
import type { SessionView } from '../authority/admin/wire/delegation.ts'
import type { ApiDeps } from './api/api-deps.ts'
import { listing, revoke, revoking, showList, type ListOptions, type RevokeOptions } from './api/ask.ts'
import { agentArgument, delegationArgument, personArgument, segment, sessionArgument } from './api/id-argument.ts'
import { when, type Column } from './output/table.ts'

interface SessionListOptions extends ListOptions {
  readonly agent?: string
  readonly person?: string
  readonly delegation?: string
  readonly running?: boolean
}

const COLUMNS: readonly Column<SessionView>[] = [
  ['SESSION', ({ id }) => id],
  ['AGENT', ({ agent }) => agent.id],
  ['FOR', ({ person }) => person],
  ['STATE', ({ state, end_reason: reason }) => (reason === null ? state : `${state} (${reason})`)],
  ['STARTED', ({ started_at: started }) => when(started)],
  ['UNTIL', ({ expires_at: until, ended_at: ended }) => when(ended ?? until)],
  ['DELEGATION', ({ delegation }) => delegation],
]

/** `postern session`: the runs of agents. */
export function sessionCommand(deps: ApiDeps): Command {
  const command = new Command('session').description('see and end the runs of agents')
  listing(command.command('list').description('list sessions, newest first'))
    .option('--agent <id>', 'only of this agent', agentArgument)
    .option('--person <id>', 'only for this person; others’ for operators and auditors', personArgument)
    .option('--delegation <id>', 'only of this delegation', delegationArgument)
    .option('--running', 'only those that have not ended')
    .action(({ agent, person, delegation, running, ...options }: SessionListOptions) =>
      showList(options, deps, '/v1/sessions', { agent, person, delegation, running: running === true ? 'true' : undefined }, COLUMNS, 'There are no sessions.'))
  revoking(command.command('revoke').description('end a session').argument('<id>', 'ses_…', sessionArgument))
    .action((id: string, options: RevokeOptions) => revoke(options, deps, `/v1/sessions/${segment(id)}`))
  return command
}
