import { Command } from 'commander'
import type { ApiDeps } from './api/api-deps.ts'
import { revoke, revoking, type RevokeOptions } from './api/ask.ts'
import { personArgument, segment } from './api/id-argument.ts'

/** `postern person`: all that one person gave. */
export function personCommand(deps: ApiDeps): Command {
  const command = new Command('person').description('take back all that one person gave')
  revoking(command.command('revoke').description('end all delegations, sessions and connections of a person').argument('<id>', 'user:alice@acme.com', personArgument))
    .action((id: string, options: RevokeOptions) => revoke(options, deps, `/v1/people/${segment(id)}`))
  return command
}
