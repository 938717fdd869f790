import { destination, pino, type Logger } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** The operational log: JSON lines on standard error. What happened to requests stands in the audit; here stands how the process is. */
export function operationalLog(level: LogLevel): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: ['*.secret', '*.token', '*.headers'] }, destination({ fd: 2, sync: true }))
}

export type { Logger }
