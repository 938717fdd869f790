import { SourceError } from '../lib/source-position.ts'
import { StoreError, type StoreErrorCode } from '../store/store-error.ts'
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
const STORE_CONFIG: ReadonlySet<StoreErrorCode> = new Set(['store_key_invalid', 'store_key_wrong', 'store_path_unsafe', 'store_newer'])

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }

const MEANINGS: Readonly<Record<string, (error: SystemError) => string>> = {
  EADDRINUSE: (error) => `another program is listening on ${placeOf(error)}: end that one, or choose another address`,
  EADDRNOTAVAIL: (error) => `this machine has no address ${placeOf(error)}: choose one that it has`,
  EACCES: (error) => `this user may not use ${placeOf(error)}: run as a user that may, or choose another place`,
  EPERM: (error) => `this user may not use ${placeOf(error)}: run as a user that may, or choose another place`,
  ENOSPC: (error) => `the disk is full at ${placeOf(error)}: free some space`,
  EDQUOT: (error) => `this user's share of the disk is used up at ${placeOf(error)}: free some space`,
  EFBIG: (error) => `${placeOf(error)} would become larger than this process may make a file: raise the limit (ulimit -f), or free some space`,
  EROFS: (error) => `${placeOf(error)} is on a file system that is read-only: choose a place that can be written`,
  ENOENT: (error) => `there is no ${placeOf(error)}`,
  ENOTDIR: (error) => `there is no ${placeOf(error)}: a part of that path is no folder`,
  EISDIR: (error) => `${placeOf(error)} is a folder: name a file`,
  EMFILE: () => 'this process may open no more files: raise the limit (ulimit -n)',
}

/** One clear sentence, or every problem with file, line and column; never a stack. */
export function failureText(error: unknown): string {
  if (error instanceof SourceError) return error.message
  return `postern: ${sentenceOf(error)}`
}

/** The sentence alone. What the system says in a code is said in words. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something failed for an unknown reason'
  const code = (error as SystemError).code
  const meaning = code === undefined || !isSystemError(error) ? undefined : MEANINGS[code]
  return meaning === undefined ? error.message : meaning(error)
}

/** The exit code that goes with it. */
export function failureCode(error: unknown): number {
  if (error instanceof SourceError || error instanceof Misconfigured) return EXIT_CONFIG
  if (error instanceof StoreError && STORE_CONFIG.has(error.code)) return EXIT_CONFIG
  return isDefect(error) ? EXIT_DEFECT : EXIT_UNAVAILABLE
}

/** Whether it is a mistake in this program: what the machine or a person caused has a type or a code of its own. */
export function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError || error instanceof SyntaxError || !(error instanceof Error)
}

/** Whether the operating system refused something, rather than we. */
export function isSystemError(error: Error): boolean {
  return typeof (error as SystemError).errno === 'number' && typeof (error as SystemError).syscall === 'string'
}

function placeOf({ path, address, port }: SystemError): string {
  if (path !== undefined) return path
  return address === undefined ? 'what is configured' : `${address}${port === undefined ? '' : `:${port}`}`
}
