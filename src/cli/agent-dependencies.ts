import { existsSync } from 'node:fs'
import { systemClock } from '../lib/clock.ts'
import type { AgentCommandDeps } from './agent.ts'
import { DEFAULT_CONFIG } from './found-config.ts'

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
