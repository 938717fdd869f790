import { Command } from 'commander'
import type { ConnectionView } from '../authority/admin/wire/connection.ts'
import type { ApiDeps } from './api/api-deps.ts'
import { listing, revoke, revoking, showList, type ListOptions, type RevokeOptions } from './api/ask.ts'
import { connectionArgument, personArgument, segment } from './api/id-argument.ts'
import type { Column } from './output/table.ts'

interface ConnectionListOptions extends ListOptions {
  readonly owner?: string
  readonly integration?: string
}

const COLUMNS: readonly Column<ConnectionView>[] = [
  ['CONNECTION', ({ id }) => id],
  ['INTEGRATION', ({ integration }) => integration],
  ['OF', ({ owner }) => owner],
  ['LABEL', ({ label }) => label],
  ['ACCOUNT', ({ account }) => account?.name],
  ['STATE', ({ state, state_reason: reason }) => (reason === null ? state : `${state} (${reason})`)],
]

/** `postern connection`: stored authorisations at upstreams. */
export function connectionCommand(deps: ApiDeps): Command {
  const command = new Command('connection').description('see and end stored authorisations at upstreams')
  listing(command.command('list').description('list connections, oldest first'))
    .option('--owner <id>', 'only of this person, or `organisation`; others’ for operators and auditors', owner)
    .option('--integration <name>', 'only at this integration')
    .action(({ owner: of, integration, ...options }: ConnectionListOptions) =>
      showList(options, deps, '/v1/connections', { owner: of, integration }, COLUMNS, 'There are no connections.'))
  revoking(command.command('revoke').description('end a connection, here and where it can be at the upstream').argument('<id>', 'con_…', connectionArgument))
    .action((id: string, options: RevokeOptions) => revoke(options, deps, `/v1/connections/${segment(id)}`))
  return command
}

function owner(text: string): string {
  return text === 'organisation' ? text : personArgument(text)
}
