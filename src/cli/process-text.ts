import { SourceError } from '../lib/source-position.ts'

/** EX_CONFIG of sysexits.h: the configuration or a policy cannot be used. */
export const EXIT_CONFIG = 78
/** EX_UNAVAILABLE: a port, a file or an upstream stands in the way. */
export const EXIT_UNAVAILABLE = 69

const MEANINGS: Readonly<Record<string, (error: NodeJS.ErrnoException & { address?: string; port?: number }) => string>> = {
  EADDRINUSE: (error) => `the address ${error.address ?? ''}:${error.port ?? ''} is taken by another process: end that one, or choose another address`,
  EADDRNOTAVAIL: (error) => `the address ${error.address ?? ''} is none of this machine's: choose one that is`,
  EACCES: (error) => `permission was denied for ${error.path ?? `${error.address ?? ''}:${error.port ?? ''}`}: run as a user that may, or choose another`,
  ENOSPC: (error) => `the disk is full${error.path === undefined ? '' : ` at ${error.path}`}: free some space`,
  ENOENT: (error) => `${error.path ?? 'a file'} does not exist`,
  EROFS: (error) => `${error.path ?? 'a folder'} is read-only: choose a folder that can be written`,
}

/** What went wrong at the start, as people read it: one clear sentence, or every problem with file, line and column. */
export function startFailureText(error: unknown): string {
  if (error instanceof SourceError) return error.message
  if (!(error instanceof Error)) return 'the start failed for an unknown reason'
  const code = (error as NodeJS.ErrnoException).code
  const meaning = code === undefined ? undefined : MEANINGS[code]
  return `postern: ${meaning === undefined ? error.message : meaning(error)}`
}

/** The exit code that goes with it. */
export function startFailureCode(error: unknown): number {
  return error instanceof SourceError ? EXIT_CONFIG : EXIT_UNAVAILABLE
}
