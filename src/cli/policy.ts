import { Command } from 'commander'
import { IntegrationIndex } from '../integrations/integration-index.ts'
import { requestReading } from '../integrations/request-reading.ts'
import { SourceError, formatProblem, type SourceProblem } from '../lib/source-position.ts'
import { lintPolicies } from '../policy/lint.ts'
import { loadPolicies, type LoadedPolicies } from '../policy/load.ts'
import { policyJsonSchemaText } from '../policy/json-schema.ts'
import { runPolicyTests, type TestResult } from '../policy/tests.ts'
import { explainCommand } from './policy-explain.ts'
import type { PolicyCommandDeps, PolicySetup, PolicyWork } from './policy-setup.ts'
import { vocabulariesOf } from './serve/describe-integrations.ts'

/** EX_CONFIG of sysexits.h: what was asked for cannot be read or loaded. */
const EXIT_CONFIG = 78

/** `postern policy test|lint|explain|schema`: exit 0 when all is well (or allowed), 1 when something is not, 78 when it cannot be loaded. */
export function policyCommand(deps: PolicyCommandDeps): Command {
  const command = new Command('policy').description('check the policy files')
  command.command('test')
    .description('load the policies and run their tests')
    .argument('[directory]', 'the policy directory (default: that of the configuration)')
    .option('-c, --config <file>', 'the configuration file')
    .action((directory: string | undefined, { config }: { config?: string }) => run(deps, directory, config, testPolicies))
  command.command('lint')
    .description('load the policies and tell what is most likely not meant')
    .argument('[directory]', 'the policy directory (default: that of the configuration)')
    .option('-c, --config <file>', 'the configuration file')
    .action((directory: string | undefined, { config }: { config?: string }) => run(deps, directory, config, lint))
  command.addCommand(explainCommand(deps, (directory, config, work) => run(deps, directory, config, work)))
  command.command('schema')
    .description('print the JSON Schema of policy documents, for editors')
    .action(() => deps.print(policyJsonSchemaText().trimEnd()))
  return command
}

async function run(deps: PolicyCommandDeps, directory: string | undefined, config: string | undefined, work: PolicyWork): Promise<void> {
  try {
    const setup = await deps.setup(config)
    const policies = await loadPolicies(directory ?? setup.policies, vocabulariesOf(setup.integrations.values()))
    deps.setExitCode(work(deps, policies, setup))
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    for (const problem of error.problems) deps.printError(formatProblem(problem))
    deps.setExitCode(EXIT_CONFIG)
  }
}

function testPolicies(deps: PolicyCommandDeps, policies: LoadedPolicies, setup: PolicySetup): number {
  const results = runPolicyTests(policies, requestReading(new IntegrationIndex(setup.integrations.values())), deps.clock.nowMs())
  for (const result of results) deps.print(resultLine(result))
  const failed = results.filter((result) => !result.passed).length
  deps.print(`${results.length - failed} passed, ${failed} failed, ${policies.documents.length} policies, ${policies.snapshot.hash}`)
  return failed === 0 ? 0 : 1
}

function resultLine({ passed, position, request, expected, actual, reason }: TestResult): string {
  const place = `${position.file}:${position.line}:${position.column}`
  return passed ? `ok    ${place} ${request}: ${actual}` : `FAIL  ${place} ${request}: expected ${expected}, got ${actual}: ${reason}`
}

function lint(deps: PolicyCommandDeps, policies: LoadedPolicies, setup: PolicySetup): number {
  const warnings: readonly SourceProblem[] = lintPolicies(policies, setup)
  for (const warning of warnings) deps.print(formatProblem(warning))
  deps.print(`${warnings.length} warnings, ${policies.rules.length} rules, ${policies.documents.length} policies`)
  return warnings.length === 0 ? 0 : 1
}
