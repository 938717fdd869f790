import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { systemClock } from '../lib/clock.ts'
import type { AgentCommandDeps } from './agent.ts'
import type { AuditCommandDeps } from './audit.ts'
import { DEFAULT_CONFIG, EXAMPLE_CONFIG, lastRunConfig, readConfig } from './found-config.ts'
import type { PolicyCommandDeps, PolicySetup } from './policy.ts'
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
    staticIntegrations: new Set(integrations.filter((entry) => entry.type === 'routes' && entry.credential !== 'none').map(({ name }) => name)),
  }
}

/** What the audit commands need of the process. */
export function auditDependencies(): AuditCommandDeps {
  const ending = new AbortController()
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    configuredLog: async (given) => {
      const file = given ?? lastRunConfig()
      if (file === undefined) return undefined
      const { audit } = (await readConfig(file)).config
      return { file: audit.file, publicKeyFile: `${audit.signingKeyFile}.pub` }
    },
    setExitCode: (code) => { process.exitCode = code },
    // Only while something is followed: any other command ends by the signal itself.
    get signal() {
      process.once('SIGINT', () => ending.abort())
      process.once('SIGTERM', () => ending.abort())
      return ending.signal
    },
  }
}

/** What the agent commands need of the process. */
export function agentDependencies(): AgentCommandDeps {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    defaultConfig: () => (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined),
    setExitCode: (code) => { process.exitCode = code },
  }
}
