import type { Writable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'

/** What the commands that ask the authority need of the process. */
export interface ApiDeps {
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Where logins are kept: `~/.config/postern/logins.json`. */
  readonly loginsFile: string
  /** Trusts these certificates (PEM) beside the system's, for the whole process. @throws CommandFailure where they are none */
  trust(pem: string): void
  /** @returns false where there is no browser to open */
  openBrowser(url: string): boolean
  /** Ends what waits or follows. */
  readonly signal: AbortSignal
}

/** Options that all of these commands have. */
export interface ApiOptions {
  readonly url?: string
  readonly ca?: string
  readonly json?: boolean
}
