import type { Integration } from '../integrations/integration.ts'
import type { Clock } from '../lib/clock.ts'
import type { LoadedPolicies } from '../policy/load.ts'

/** What the configuration says that policy commands need. */
export interface PolicySetup {
  readonly integrations: ReadonlyMap<string, Integration>
  /** The configured policy directory, for commands that name none. */
  readonly policies: string
  /** Names of integrations whose credential has no end of its own. */
  readonly staticIntegrations: ReadonlySet<string>
}

export interface PolicyCommandDeps {
  /** @throws SourceError where the configuration cannot be used */
  setup(configPath: string | undefined): Promise<PolicySetup>
  readonly clock: Clock
  print(line: string): void
  printError(line: string): void
  setExitCode(code: number): void
}

/** What is done with policies once they are loaded. @returns the exit code */
export type PolicyWork = (deps: PolicyCommandDeps, policies: LoadedPolicies, setup: PolicySetup) => number
