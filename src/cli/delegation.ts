import { Command, Option } from 'commander'
import type { DelegationView } from '../authority/admin/wire/delegation.ts'
import type { ApiDeps } from './api/api-deps.ts'
import { listing, revoke, revoking, showList, type ListOptions, type RevokeOptions } from './api/ask.ts'
import { agentArgument, delegationArgument, personArgument, segment } from './api/id-argument.ts'
import { when, type Column } from './output/table.ts'

interface DelegationListOptions extends ListOptions {
  readonly agent?: string
  readonly person?: string
  readonly state?: string
}

const COLUMNS: readonly Column<DelegationView>[] = [
  ['DELEGATION', ({ id }) => id],
  ['AGENT', ({ agent }) => agent.id],
  ['FOR', ({ person }) => person],
  ['STATE', ({ state }) => state],
  ['UNTIL', ({ expires_at: until, ended_at: ended }) => when(ended ?? until)],
  ['ACCESS', ({ access }) => access.map(({ integration, scopes, targets }) => `${integration} ${scopes.join(' ')} on ${targets.join(' ')}`).join('; ')],
]

/** `postern delegation`: what people approved. */
export function delegationCommand(deps: ApiDeps): Command {
  const command = new Command('delegation').description('see and take back what people approved')
  listing(command.command('list').description('list delegations, newest first'))
    .option('--agent <id>', 'only of this agent', agentArgument)
    .option('--person <id>', 'only of this person; others’ for operators and auditors', personArgument)
    .addOption(new Option('--state <state>', 'only these').choices(['active', 'revoked', 'expired']))
    .action(({ agent, person, state, ...options }: DelegationListOptions) =>
      showList(options, deps, '/v1/delegations', { agent, person, state }, COLUMNS, 'There are no delegations.'))
  revoking(command.command('revoke').description('take a delegation back, with its sessions').argument('<id>', 'dlg_…', delegationArgument))
    .action((id: string, options: RevokeOptions) => revoke(options, deps, `/v1/delegations/${segment(id)}`))
  return command
}
