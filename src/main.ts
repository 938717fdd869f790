import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import type { ApiDeps } from './cli/api/api-deps.ts'
import { PACKAGE_ROOT } from './cli/package-root.ts'
import { EXIT_USAGE, failureCode, failureText } from './cli/process-text.ts'

/** In the order of the help. Loaded when asked for: a command need not wait for what the others import. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./cli/start.ts')).startCommand(),
  login: async () => (await import('./cli/login.ts')).loginCommand(await apiDeps()),
  logout: async () => (await import('./cli/login.ts')).logoutCommand(await apiDeps()),
  whoami: async () => (await import('./cli/login.ts')).whoamiCommand(await apiDeps()),
  agent: async () => (await import('./cli/agent.ts')).agentCommand((await import('./cli/agent-dependencies.ts')).agentDependencies()),
  delegation: async () => (await import('./cli/delegation.ts')).delegationCommand(await apiDeps()),
  session: async () => (await import('./cli/session.ts')).sessionCommand(await apiDeps()),
  connection: async () => (await import('./cli/connection.ts')).connectionCommand(await apiDeps()),
  person: async () => (await import('./cli/person.ts')).personCommand(await apiDeps()),
  approval: async () => (await import('./cli/approval.ts')).approvalCommand(await apiDeps()),
  'break-glass': async () => (await import('./cli/break-glass.ts')).breakGlassCommand(await apiDeps()),
  policy: async () => (await import('./cli/policy.ts')).policyCommand((await import('./cli/policy-dependencies.ts')).policyDependencies()),
  audit: async () => (await import('./cli/audit.ts')).auditCommand((await import('./cli/audit-dependencies.ts')).auditDependencies()),
}

async function apiDeps(): Promise<ApiDeps> {
  return (await import('./cli/api/api-dependencies.ts')).apiDependencies()
}

/** Runs the command line; the process ends when nothing is left to do. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('postern')
    .description('A guarded door for AI agents: it knows the agent, judges each call, and puts a short-lived, narrowed credential on it.')
    .version(packageVersion(), '-V, --version', 'print the version')
  for (const load of wanted(argv[2])) program.addCommand(await load())
  explainMisuse(program)
  // A reader that has seen enough (`… --help | head`) is no failure.
  process.stdout.on('error', () => undefined)
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    process.exitCode = exitCodeOf(error)
  }
}

function wanted(name: string | undefined): readonly (() => Promise<Command>)[] {
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  return named === undefined ? Object.values(COMMANDS) : [named]
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
