type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }

/** What the operating system says in a code, in words; `at` is ` at <path>` or empty. */
const MEANINGS: Readonly<Record<string, (place: string, at: string) => string>> = {
  EADDRINUSE: (place) => `another program is listening on ${place}: end that one, or choose another address`,
  EADDRNOTAVAIL: (place) => `this machine has no address ${place}: choose one that it has`,
  EACCES: (place) => `this user may not use ${place}: run as a user that may, or choose another place`,
  EPERM: (place) => `this user may not use ${place}: run as a user that may, or choose another place`,
  ENOSPC: (_, at) => `the disk is full${at}: free some space`,
  EDQUOT: (_, at) => `this user's share of the disk is used up${at}: free some space`,
  EFBIG: (_, at) => `this process may make no file so large${at}: raise its limit (ulimit -f)`,
  EROFS: (place) => `${place} is on a file system that is read-only: choose a place that can be written`,
  ENOENT: (place) => `there is no ${place}`,
  ENOTDIR: (place) => `there is no ${place}: a part of that path is no folder`,
  EISDIR: (place) => `${place} is a folder: name a file`,
  EMFILE: () => 'this process may open no more files: raise its limit (ulimit -n)',
}

/** Whether the operating system refused something, rather than we. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof (error as SystemError).errno === 'number' && typeof (error as SystemError).syscall === 'string'
}

/** The error in one sentence without a final stop: what the system says in a code is said in words. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something failed for an unknown reason'
  const meaning = isSystemError(error) && error.code !== undefined ? MEANINGS[error.code] : undefined
  if (meaning === undefined) return error.message
  const place = placeOf(error)
  return meaning(place ?? 'what is configured', place === undefined ? '' : ` at ${place}`)
}

function placeOf({ path, address, port }: SystemError): string | undefined {
  if (path !== undefined) return path
  return address === undefined || port === undefined ? address : `${address}:${port}`
}
