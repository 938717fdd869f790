import { destination, pino, type DestinationStream, type Logger } from 'pino'
import { isDefect, sentenceOf } from '../process-text.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** The operational log: JSON lines on standard error. What happened to requests stands in the audit; here stands how the process is. */
export function operationalLog(level: LogLevel, to: DestinationStream = destination({ fd: 2, sync: true })): Logger {
  const redact = ['*.secret', '*.token', '*.headers']
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact, serializers: { err: serializer(level) } }, to)
}

/** What the machine or a person caused is a sentence; a stack helps only with a defect of ours, or whoever asked for everything. */
function serializer(level: LogLevel): (error: unknown) => unknown {
  return (error) => {
    if (level === 'debug' || !(error instanceof Error) || isDefect(error)) return pino.stdSerializers.err(error as Error)
    const code = 'code' in error ? error.code : undefined
    return { type: error.name, message: sentenceOf(error), code }
  }
}

export type { Logger }
