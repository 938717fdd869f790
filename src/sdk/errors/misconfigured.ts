import { ConfigurationError } from './refusals.ts'

/** What a program is told that uses this package wrongly. @param what is wrong, without any value that could be secret */
export function misconfigured(what: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError({ code: 'misconfigured', message: what, cause })
}
