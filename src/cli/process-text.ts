import { SourceError } from '../lib/source-position.ts'
import { sentenceOf } from '../lib/system-error.ts'
import { StoreError, type StoreErrorCode } from '../store/store-error.ts'
import { CommandFailure } from './api/command-failure.ts'
import { Misconfigured } from './misconfigured.ts'

/** EX_USAGE of sysexits.h: the command line is not one. */
export const EXIT_USAGE = 64
/** EX_UNAVAILABLE: a port, a file or another process stands in the way. */
export const EXIT_UNAVAILABLE = 69
/** EX_SOFTWARE: a defect of ours. */
export const EXIT_DEFECT = 70
/** EX_CONFIG: the configuration or a policy cannot be used. */
export const EXIT_CONFIG = 78

/** What the store refuses for as long as the configuration stays as it is. */
const STORE_CONFIG: ReadonlySet<StoreErrorCode> = new Set(['store_key_invalid', 'store_key_wrong', 'store_path_unsafe', 'store_newer', 'store_volatile'])

/** One clear sentence, or every problem with file, line and column; never a stack. */
export function failureText(error: unknown): string {
  if (error instanceof SourceError) return error.message
  return `postern: ${sentenceOf(error)}`
}

/** The exit code that goes with it. */
export function failureCode(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode
  if (error instanceof SourceError || error instanceof Misconfigured) return EXIT_CONFIG
  if (error instanceof StoreError && STORE_CONFIG.has(error.code)) return EXIT_CONFIG
  return isDefect(error) ? EXIT_DEFECT : EXIT_UNAVAILABLE
}

/** Whether it is a mistake in this program: what the machine or a person caused has a type or a code of its own. */
export function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError || error instanceof SyntaxError || !(error instanceof Error)
}
