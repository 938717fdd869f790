import { systemClock } from '../lib/clock.ts'
import { apiDependencies } from './api/api-dependencies.ts'
import type { AgentCommandDeps } from './agent.ts'
import { lastRunConfig } from './found-config.ts'

/** What the agent commands need of the process. */
export function agentDependencies(): AgentCommandDeps {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    api: apiDependencies(),
    defaultConfig: lastRunConfig,
    setExitCode: (code) => { process.exitCode = code },
  }
}
