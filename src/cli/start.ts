import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { isLocalAddress, parseListenAddress } from '../lib/listen-address.ts'
import { formatProblem } from '../lib/source-position.ts'
import { isSystemError } from '../lib/system-error.ts'
import { DEFAULT_CONFIG } from './found-config.ts'
import { EXIT_DEFECT, EXIT_UNAVAILABLE, failureCode, failureText } from './process-text.ts'
import { operationalLog, type LogLevel } from './serve/operational-log.ts'
import { firstSignal } from './signals.ts'

interface StartOptions {
  readonly config?: string
  readonly demo?: boolean
  readonly listen?: string
}

/** Something that runs until it is closed. */
interface Running {
  close(): Promise<void>
  /** Puts on disk what has happened, and takes nothing more. */
  flush(): Promise<void>
}

/** What a defect needs to know of the process. */
interface Process {
  logLevel: LogLevel
  running: Running | undefined
}

const DEMO_LISTEN = '127.0.0.1:8080'

/** `postern start`: both planes in one process, from a configuration; without one, the demo. */
export function startCommand(): Command {
  const command = new Command('start')
    .description('run Postern; without a configuration, a demo that needs no account')
    .option('-c, --config <file>', `the configuration file (default: ${DEFAULT_CONFIG}, if it is there)`)
    .option('--demo', 'run the demo although there is a configuration')
    .option('--listen <address>', `the demo only: where it listens (default: ${DEMO_LISTEN}; 127.0.0.1:0 for any free port)`, demoAddress)
  return command.action((options: StartOptions) => {
    const file = options.config ?? (options.demo !== true && existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined)
    if (options.config !== undefined && options.demo === true) command.error('error: --demo makes a configuration of its own; leave out --config')
    if (file !== undefined && options.listen !== undefined) command.error(`error: --listen is the demo's; ${file} says where to listen in listener.address`)
    return run(file, options.listen ?? DEMO_LISTEN)
  })
}

async function run(file: string | undefined, listen: string): Promise<void> {
  const own: Process = { logLevel: 'warn', running: undefined }
  // Before anything starts: a signal that comes meanwhile ends what has been started, in order.
  const signal = firstSignal()
  endOnDefect(own)
  try {
    own.running = file === undefined ? await demo(listen) : await configured(file, own)
    await signal
    await own.running.close()
    process.exit(0)
  } catch (error) {
    tell(error, own.logLevel)
    process.exit(failureCode(error))
  }
}

// What the two import is most of the program: whoever only asks for help need not wait for it.

async function demo(listen: string): Promise<Running> {
  const { runDemo } = await import('./demo/run-demo.ts')
  return runDemo(listen)
}

async function configured(file: string, own: Process): Promise<Running> {
  // Beside the thread that parses the configuration.
  const serving = import('./serve/serve.ts')
  serving.catch(() => undefined)
  const { loadConfig } = await import('../config/load-config.ts')
  const loaded = await loadConfig({ file })
  own.logLevel = loaded.config.logLevel
  const log = operationalLog(own.logLevel)
  for (const warning of loaded.warnings) log.warn(formatProblem(warning))
  const { serve } = await serving
  const service = await serve(loaded, { log, stdout: process.stdout, watchFile: file })
  log.info({ address: service.address, operations: service.operationsAddress, bundle: loaded.config.ca.bundleFile }, 'postern is ready')
  const close = (): Promise<void> => {
    log.info({ open: service.dataPlane.pipeline.open, drainMs: loaded.config.listener.drainTimeoutMs }, 'postern ends: what is under way may finish first')
    return service.close()
  }
  return { close, flush: () => service.flush() }
}

const FLUSH_MS = 1_000

/**
 * What nobody caught leaves a process in a state that nobody knows: it ends. The records of what has happened get one bounded moment to reach
 * the disk; with the audit closed no further call can be made meanwhile. A supervisor starts it anew.
 */
function endOnDefect(own: Process): void {
  let ending = false
  process.on('uncaughtException', (error) => {
    // One defect brings others; the process ends all the same.
    if (ending) return
    ending = true
    operationalLog(own.logLevel).error({ err: error }, 'postern ends: nothing was prepared for this')
    const end = (): never => process.exit(isSystemError(error) ? EXIT_UNAVAILABLE : EXIT_DEFECT)
    if (own.running === undefined) end()
    setTimeout(end, FLUSH_MS)
    own.running?.flush().then(end, end)
  })
}

/** One sentence; the stack only for whoever asked for everything. */
function tell(error: unknown, level: LogLevel): void {
  process.stderr.write(`${failureText(error)}\n`)
  if (level === 'debug' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
}

function demoAddress(text: string): string {
  const address = parseListenAddress(text)
  if (address === undefined) throw new InvalidArgumentError('An address has the form 127.0.0.1:8080 or [::1]:8080.')
  if (address.kind === 'unix' || !isLocalAddress(address)) throw new InvalidArgumentError('The demo listens on this machine alone: 127.0.0.1 or [::1].')
  return text
}
