import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Writable } from 'node:stream'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { headFileOf, readHead, type Head } from '../audit/head-file.ts'
import { humanFormat, wantsColor } from '../audit/human.ts'
import { LogTail, type TailLine } from '../audit/log-tail.ts'
import type { ReadRecord } from '../audit/record.ts'
import { matchesFilter, type RecordFilter } from '../audit/record-filter.ts'
import { reportJson, reportText } from '../audit/report-text.ts'
import { fullSegments } from '../audit/segments.ts'
import { readVerifyKey } from '../audit/signing-key.ts'
import type { Anchor } from '../audit/verify-chain.ts'
import { VERIFY_EXIT, verifyExitCode, verifyFiles } from '../audit/verify.ts'
import type { Clock } from '../lib/clock.ts'
import { SourceError } from '../lib/source-position.ts'
import { sentenceOf } from '../lib/system-error.ts'
import type { ApiDeps, ApiOptions } from './api/api-deps.ts'
import { authorityUrl } from './api/authority-url.ts'
import { filtering, recordFilterOf, type FilterOptions } from './audit-filter.ts'
import { addRemoteAudit, tailRemote } from './remote-audit.ts'

/** The audit log that a configuration names. */
export interface ConfiguredLog {
  readonly file: string
  /** Beside the signing key. */
  readonly publicKeyFile: string
}

/** What the audit commands need of the process. */
export interface AuditCommandDeps {
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /**
   * The log of this configuration, or of the one that is found where none is named; undefined where there is none.
   * @throws SourceError where the configuration cannot be used
   */
  configuredLog(config: string | undefined): Promise<ConfiguredLog | undefined>
  setExitCode(code: number): void
  /** Ends `--follow`. */
  readonly signal: AbortSignal
  /** Of the commands that ask the authority. */
  readonly api: ApiDeps
  /** How often `--follow` looks; default 200 ms. */
  readonly pollMs?: number
}

interface TailOptions extends FilterOptions, ApiOptions {
  readonly config?: string
  readonly remote?: boolean
  readonly follow?: boolean
  readonly lines: number
}

interface VerifyCommandOptions {
  readonly config?: string
  readonly key?: readonly string[]
  readonly head?: string | false
  readonly expectHead?: Anchor
  readonly beginsAt: number
  readonly json?: boolean
}

const CONFIG_HELP = 'the configuration that names the log (default: the one here)'

/** `postern audit`: reads and verifies the audit log. */
export function auditCommand(deps: AuditCommandDeps): Command {
  const command = new Command('audit').description('read and verify the audit: the log of this machine, or what the authority has of all')
  addTail(command, deps)
  addRemoteAudit(command, deps)
  addVerify(command, deps)
  return command
}

function addTail(command: Command, deps: AuditCommandDeps): void {
  const tailCommand = command
    .command('tail')
    .description('show the last records, one line each, times in UTC')
    .argument('[file]', 'the log; without it the configured one')
    .option('-c, --config <file>', CONFIG_HELP)
    .option('-f, --follow', 'go on as records are written')
    .option('-n, --lines <count>', 'how many of the last matching records', count, 20)
    .option('--remote', 'ask the authority, not a log of this machine')
    .option('--url <url>', 'ask this authority', authorityUrl)
    .option('--ca <file>', 'with --remote: trust these certificates, too (PEM)')
    .option('--json', 'the records as they are')
  filtering(tailCommand).action((file: string | undefined, options: TailOptions) => {
    if (options.remote === true || options.url !== undefined) {
      if (file !== undefined || options.config !== undefined) command.error('error: --remote and --url ask the authority: name no log beside them')
      return tailRemote(options, deps)
    }
    return whereReadable(deps, async () => tail(file ?? (await configured('the log file (or ask the authority: --remote)', options.config, deps, command)).file, options, deps))
  })
}

function addVerify(command: Command, deps: AuditCommandDeps): void {
  command
    .command('verify')
    .description('check the chain and its signatures; exit 0 ok, 1 tampered, 2 only calls without an end, 78 unreadable')
    .argument('[files...]', 'the log, or its segments, oldest first; without any the configured one')
    .option('-c, --config <file>', CONFIG_HELP)
    .option('--key <file>', 'a public key that may have signed it (.pub), once for each; without any that of the configuration', collected)
    .option('--head <file>', 'the head file; without it the one beside the log')
    .option('--no-head', 'there is none, and that is known: for segments that were put away')
    .option('--expect-head <seq[:hash]>', 'a record that was noted elsewhere: the log must reach it, and hold it unchanged', anchor)
    .option('--begins-at <seq>', 'the first record, where older segments were put away', count, 1)
    .option('--json', 'the report as JSON')
    .action((files: readonly string[], options: VerifyCommandOptions) => whereReadable(deps, async () => {
      if (files.length > 0 && options.key !== undefined) return verify(files, options.key, options, deps)
      const log = await configured('the log and its --key', options.config, deps, command)
      return verify(files.length > 0 ? files : [log.file], options.key ?? [log.publicKeyFile], options, deps)
    }))
}

async function tail(file: string, options: TailOptions, deps: AuditCommandDeps): Promise<void> {
  const filter = recordFilterOf(options, deps.clock)
  const show = shower(options, filter, deps)
  const { sinceMs } = filter
  const before = (record: ReadRecord): boolean => sinceMs !== undefined && Date.parse(record.ts) < sinceMs - CLOCK_STEP_MS
  const reader = new LogTail(file)
  try {
    const ended = AbortSignal.any([deps.signal, readerGone(deps)])
    for (const line of reader.last(options.lines, (record) => matchesFilter(record, filter), before)) show(line)
    while (options.follow === true && !ended.aborted) {
      for (const line of reader.poll()) show(line)
      await delay(deps.pollMs ?? 200, undefined, { signal: ended }).catch(() => undefined)
    }
  } finally {
    reader.close()
  }
}

/** `postern audit tail | head`: who reads has seen enough, which is no failure. */
function readerGone(deps: AuditCommandDeps): AbortSignal {
  const gone = new AbortController()
  deps.stdout.on('error', (error: NodeJS.ErrnoException) => {
    gone.abort()
    if (error.code !== 'EPIPE') unreadable(deps, error)
  })
  return gone.signal
}

/** Records are in order of writing; by a wall clock that was set back some may stand after later ones. */
const CLOCK_STEP_MS = 10 * 60_000

function shower(options: TailOptions, filter: RecordFilter, deps: AuditCommandDeps): (line: TailLine) => void {
  const human = humanFormat(wantsColor(deps.stdout.isTTY === true, deps.env))
  return ({ line, record }) => {
    if (record === undefined) deps.stderr.write('a line of the log is no audit record; see "postern audit verify"\n')
    else if (matchesFilter(record, filter)) deps.stdout.write(`${options.json === true ? line : human(record)}\n`)
  }
}

async function verify(given: readonly string[], keyFiles: readonly string[], options: VerifyCommandOptions, deps: AuditCommandDeps): Promise<void> {
  const [only] = given
  const files = given.length === 1 && only !== undefined ? withSegments(only) : given
  const keys = keyFiles.map(readVerifyKey)
  const head = headOf(files, options.head)
  const headRequired = options.head !== false && options.expectHead === undefined
  const report = await verifyFiles(files, { keys, head, headRequired, anchor: options.expectHead, beginsAt: options.beginsAt })
  deps.stdout.write(options.json === true ? reportJson(report, head !== undefined) : reportText(report, head !== undefined))
  deps.setExitCode(verifyExitCode(report))
}

/** A log that is named alone means all that is left of its chain. */
function withSegments(file: string): readonly string[] {
  const segments = fullSegments(file)
  // Between the renaming and the creation of a rotation there is no active file.
  return segments.length > 0 && !existsSync(file) ? segments : [...segments, file]
}

function headOf(files: readonly string[], given: string | false | undefined): Head | undefined {
  if (given === false) return undefined
  if (given === undefined) return readHead(headFileOf(files.at(-1) ?? ''))
  const head = readHead(given)
  if (head === undefined) throw new Error(`there is no head file ${given}`)
  return head
}

function count(text: string): number {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) throw new InvalidArgumentError('It is not a whole number.')
  return Number(text)
}

function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function anchor(text: string): Anchor {
  const match = /^([1-9][0-9]{0,14})(?::(sha256:[0-9a-f]{64}))?$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It has the form 1841 or 1841:sha256:<64 hex digits>.')
  return { seq: Number(match[1]), hash: match[2] }
}

async function configured(what: string, config: string | undefined, deps: AuditCommandDeps, command: Command): Promise<ConfiguredLog> {
  return await deps.configuredLog(config) ?? command.error(`error: name ${what}; there is no configuration here that does`)
}

/** A log, a key or a configuration that cannot be read is told in its own sentence; misuse of the command is commander's to tell. */
async function whereReadable(deps: AuditCommandDeps, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    if (cause instanceof CommanderError) throw cause
    unreadable(deps, cause)
  }
}

function unreadable(deps: AuditCommandDeps, cause: unknown): void {
  deps.stderr.write(`${cause instanceof SourceError ? cause.message : sentenceOf(cause)}\n`)
  deps.setExitCode(VERIFY_EXIT.unreadable)
}
