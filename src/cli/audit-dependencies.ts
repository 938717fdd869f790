import { systemClock } from '../lib/clock.ts'
import { apiDependencies } from './api/api-dependencies.ts'
import type { AuditCommandDeps } from './audit.ts'
import { lastRunConfig, readConfig } from './found-config.ts'

/** What the audit commands need of the process. */
export function auditDependencies(): AuditCommandDeps {
  const ending = new AbortController()
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    api: apiDependencies(),
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
