import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { agentCommand } from './cli/agent.ts'
import { auditCommand } from './cli/audit.ts'
import { agentDependencies, auditDependencies, policyDependencies } from './cli/dependencies.ts'
import { PACKAGE_ROOT } from './cli/found-config.ts'
import { policyCommand } from './cli/policy.ts'
import { EXIT_USAGE, failureCode, failureText } from './cli/process-text.ts'
import { startCommand } from './cli/start.ts'

/** Runs the command line; the process ends when nothing is left to do. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('postern')
    .description('A guarded door for AI agents: it knows the agent, judges each call, and puts a short-lived, narrowed credential on it.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .addCommand(startCommand())
    .addCommand(policyCommand(policyDependencies()))
    .addCommand(auditCommand(auditDependencies()))
    .addCommand(agentCommand(agentDependencies()))
  explainMisuse(program)
  // A reader that has seen enough (`… --help | head`) is no failure.
  process.stdout.on('error', () => undefined)
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    process.exitCode = exitCodeOf(error)
  }
}

/** Commander has then said what is wrong, and how the command is used. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
  process.stderr.write(`${failureText(error)}\n`)
  return failureCode(error)
}

/** In every command, since none takes this over from its parent. */
function explainMisuse(command: Command): void {
  command.exitOverride().showHelpAfterError()
  for (const each of command.commands) explainMisuse(each)
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { readonly version: string }
  return version
}
