import { Command } from 'commander'
import { agentCommand } from './cli/agent.ts'
import { auditCommand } from './cli/audit.ts'
import { agentDependencies, auditDependencies, policyDependencies } from './cli/dependencies.ts'
import { policyCommand } from './cli/policy.ts'
import { startCommand } from './cli/start.ts'

/** Runs the command line; the process ends when nothing is left to do. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('postern')
    .description('A guarded door for AI agents: it knows the agent, judges each call, and puts a short-lived, narrowed credential on it.')
    .showHelpAfterError()
  program.addCommand(startCommand())
  program.addCommand(policyCommand(policyDependencies()))
  program.addCommand(auditCommand(auditDependencies()))
  program.addCommand(agentCommand(agentDependencies()))
  await program.parseAsync([...argv])
}
