import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { systemClock } from '../lib/clock.ts'
import { DEFAULT_CONFIG, readConfig } from './found-config.ts'
import { EXAMPLE_CONFIG } from './package-root.ts'
import type { PolicyCommandDeps, PolicySetup } from './policy-setup.ts'
import { describeIntegrations } from './serve/describe-integrations.ts'

/** What the policy commands need of the process. */
export function policyDependencies(): PolicyCommandDeps {
  const printError = (line: string): void => void process.stderr.write(`${line}\n`)
  return {
    clock: systemClock,
    print: (line) => void process.stdout.write(`${line}\n`),
    printError,
    setExitCode: (code) => { process.exitCode = code },
    setup: async (given) => {
      const file = given ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined)
      if (file === undefined) printError(`there is no ${DEFAULT_CONFIG} here: taking the integrations of ${EXAMPLE_CONFIG}`)
      return policySetup((await readConfig(file ?? EXAMPLE_CONFIG)).config)
    },
  }
}

function policySetup({ integrations, policies }: Config): PolicySetup {
  return {
    integrations: new Map([...describeIntegrations(integrations).all()].map((integration) => [integration.name, integration])),
    policies,
    staticIntegrations: new Set(integrations.filter((entry) => (entry.type === 'routes' || entry.type === 'mcp') && entry.credential !== 'none').map(({ name }) => name)),
  }
}
