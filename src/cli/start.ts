import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { loadConfig } from '../config/load-config.ts'
import { formatProblem } from '../lib/source-position.ts'
import { runDemo } from './demo/run-demo.ts'
import { startFailureCode, startFailureText } from './process-text.ts'
import { operationalLog } from './serve/operational-log.ts'
import { serve, type Service } from './serve/serve.ts'

const DEFAULT_CONFIG = 'config/postern.yaml'

/** `postern start`: both planes in one process, from a configuration; without one, the demo. */
export function startCommand(): Command {
  return new Command('start')
    .description('run Postern; without a configuration, a demo that needs no account')
    .option('-c, --config <file>', `the configuration file (default: ${DEFAULT_CONFIG}, if it is there)`)
    .option('--demo', 'run the demo although there is a configuration')
    .option('--listen <address>', 'the demo only: where it listens', '127.0.0.1:8080')
    .action(async (options: { config?: string; demo?: boolean; listen: string }) => {
      try {
        const file = options.config ?? (existsSync(DEFAULT_CONFIG) && options.demo !== true ? DEFAULT_CONFIG : undefined)
        const running = file === undefined ? await runDemo(options.listen) : await runConfigured(file)
        closeOnSignal(running)
      } catch (error) {
        process.stderr.write(`${startFailureText(error)}\n`)
        process.exitCode = startFailureCode(error)
      }
    })
}

async function runConfigured(file: string): Promise<{ close(): Promise<void> }> {
  const loaded = await loadConfig({ file })
  const log = operationalLog(loaded.config.logLevel)
  for (const warning of loaded.warnings) log.warn(formatProblem(warning))
  const service: Service = await serve(loaded, { log, stdout: process.stdout, watchFile: file })
  log.info({ address: service.address, operations: service.operationsAddress, bundle: loaded.config.ca.bundleFile }, 'postern is ready')
  return service
}

/** The first signal drains, a second one ends at once. */
function closeOnSignal(running: { close(): Promise<void> }): void {
  let closing = false
  const onSignal = (): void => {
    if (closing) process.exit(1)
    closing = true
    void running.close().then(() => process.exit(0), (error: unknown) => {
      process.stderr.write(`${startFailureText(error)}\n`)
      process.exit(1)
    })
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
