import { existsSync } from 'node:fs'
import { loadConfig } from '../config/load-config.ts'
import { readConfigText } from '../config/read-config-text.ts'
import { systemClock } from '../lib/clock.ts'
import type { AgentCommandDeps } from './agent.ts'
import type { AuditCommandDeps } from './audit.ts'
import type { PolicyCommandDeps } from './policy.ts'
import { buildUpstreams } from './serve/upstreams.ts'

const DEFAULT_CONFIG = 'config/postern.yaml'
const EXAMPLE_CONFIG = 'config/postern.example.yaml'
const DEMO_AUDIT = '.postern/demo/audit.jsonl'

/** What the policy commands need of the process: the configured integrations, which are built but never called. */
export function policyDependencies(): PolicyCommandDeps {
  return {
    clock: systemClock,
    print: (line) => void process.stdout.write(`${line}\n`),
    printError: (line) => void process.stderr.write(`${line}\n`),
    setExitCode: (code) => { process.exitCode = code },
    setup: async (given) => {
      const { config } = await loadConfig({ file: given ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : EXAMPLE_CONFIG) })
      const upstreams = buildUpstreams(config.integrations, {
        clock: systemClock,
        store: { get connections(): never { throw new TypeError('a policy command issues nothing') } },
        ownListeners: () => [],
        onReauthRequired: () => undefined,
      })
      return {
        integrations: new Map([...upstreams.index.all()].map((integration) => [integration.name, integration])),
        policies: config.policies,
        staticIntegrations: new Set(config.integrations.filter((entry) => entry.type === 'routes' && entry.credential !== 'none').map(({ name }) => name)),
      }
    },
  }
}

/** What the audit commands need of the process. */
export function auditDependencies(): AuditCommandDeps {
  const ending = new AbortController()
  process.once('SIGINT', () => ending.abort())
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    defaultFile: configuredAuditFile,
    setExitCode: (code) => { process.exitCode = code },
    signal: ending.signal,
  }
}

/** The log of the configuration that `postern start` would take; else the demo's. */
async function configuredAuditFile(): Promise<string | undefined> {
  if (existsSync(DEFAULT_CONFIG)) return (await readConfigText(DEFAULT_CONFIG)).text.audit.file
  return existsSync(DEMO_AUDIT) ? DEMO_AUDIT : undefined
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
