import { destination, pino, type DestinationStream, type Logger } from 'pino'
import { sentenceOf } from '../../lib/system-error.ts'
import { isDefect } from '../process-text.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

const MAX_CAUSES = 5
/** What is kept while standard error takes nothing. */
const MAX_BUFFERED_BYTES = 65_536

/** The operational log: JSON lines on standard error. What happened to requests stands in the audit; here stands how the process is. */
export function operationalLog(level: LogLevel, to: DestinationStream = standardError()): Logger {
  const redact = ['*.secret', '*.token', '*.headers']
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact, serializers: { err: serializer(level) } }, to)
}

/** A disk that is full, or a reader that is gone, costs lines: never an exception in whoever writes one, which would end the process. */
function standardError(): DestinationStream {
  const stream = destination({ fd: 2, sync: true, maxLength: MAX_BUFFERED_BYTES })
  stream.on('error', () => undefined)
  return stream
}

/** What the machine or a person caused is a sentence; a stack helps only with a defect of ours, or whoever asked for everything. */
function serializer(level: LogLevel): (error: unknown) => unknown {
  return (error) => {
    if (!(error instanceof Error)) return { type: typeof error }
    const code = 'code' in error ? error.code : undefined
    if (level === 'debug' || isDefect(error)) return { type: error.name, message: error.message, code, stack: stackOf(error) }
    return { type: error.name, message: sentenceOf(error), code }
  }
}

/** With its causes'. No other member of an error is told: Node's hold the URL that was wrong, and a client's the whole answer. */
function stackOf(error: Error): string {
  const stacks: string[] = []
  for (let at: unknown = error; at instanceof Error && stacks.length < MAX_CAUSES; at = at.cause) stacks.push(at.stack ?? at.message)
  return stacks.join('\ncaused by: ')
}

export type { Logger }
