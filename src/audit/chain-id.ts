import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

const FORM = /^chn_[A-Za-z0-9_-]{20}\n?$/

/**
 * Names the chain of this log among those of other processes, in a file beside it (`<log>.chain`): it outlives a change of the signing key and goes
 * with the log where that is moved. To be called by the one who writes the log.
 * @throws Error of the file system
 */
export function chainIdOf(logFile: string): string {
  const file = chainFileOf(logFile)
  if (!existsSync(file)) create(file)
  const text = readFileSync(file, 'utf8')
  // A file that was cut by a full disk names nothing: the copy begins anew under another name.
  return FORM.test(text) ? text.trimEnd() : renewChainId(logFile)
}

/** Gives the log another name: where the numbers of its records began anew. */
export function renewChainId(logFile: string): string {
  const file = chainFileOf(logFile)
  const [draft, id] = drafted(file)
  renameSync(draft, file)
  return id
}

function chainFileOf(logFile: string): string {
  return `${logFile}.chain`
}

function create(file: string): void {
  const [draft] = drafted(file)
  try {
    // A link appears whole or not at all, and never replaces what another made meanwhile.
    linkSync(draft, file)
  } catch (cause) {
    if (!existsSync(file)) throw cause
  } finally {
    rmSync(draft, { force: true })
  }
}

function drafted(file: string): readonly [draft: string, id: string] {
  const id = `chn_${randomBytes(15).toString('base64url')}`
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  writeFileSync(draft, `${id}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return [draft, id]
}
