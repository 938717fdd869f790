import { open } from 'node:fs/promises'
import type { Clock } from '../../lib/clock.ts'
import { CachedKeySource } from './cached-key-source.ts'
import type { KeyTimes } from './cached-key-source.ts'
import type { KeySource } from './key-source.ts'

const MAX_KEY_SET_BYTES = 256 * 1024
const FETCH_TIMEOUT_MS = 5000

/** A file is cheap to read: looked at each second, at once for an unknown key. */
const FILE_TIMES: KeyTimes = { freshMs: 1000, keepMs: 900_000, retryMs: 1000, unknownKeyMs: 100, refreshBehind: false }

/** An issuer must not be stormed by us because somebody sends us tokens with invented key ids. */
const URL_TIMES: KeyTimes = { freshMs: 300_000, keepMs: 900_000, retryMs: 10_000, unknownKeyMs: 30_000, refreshBehind: true }

/**
 * Fetches a small document through the egress guard, without following redirects.
 * @returns the body of a 200 answer; rejects for anything else, for a body over `maxBytes`, and when `signal` aborts
 */
export type FetchText = (url: string, limits: { readonly maxBytes: number, readonly signal: AbortSignal }) => Promise<string>

export interface JwksOptions {
  readonly clock: Clock
  /** Told why keys cannot be read; the message holds no key. */
  readonly onProblem: (message: string) => void
}

/** Keys from a local JWKS file, read again when it changes. A file that turns bad leaves the last good keys for 15 minutes. */
export function jwksFromFile(file: string, options: JwksOptions): KeySource {
  return new CachedKeySource({ name: file, read: () => readBounded(file) }, FILE_TIMES, options.clock, options.onProblem)
}

/** Keys from an issuer's `jwks_uri`; while it cannot be reached, the last good keys serve for 15 minutes. */
export function jwksFromUrl(url: string, fetchText: FetchText, options: JwksOptions): KeySource {
  const read = (): Promise<string> => fetchBounded(url, fetchText)
  return new CachedKeySource({ name: url, read }, URL_TIMES, options.clock, options.onProblem)
}

async function fetchBounded(url: string, fetchText: FetchText): Promise<string> {
  const text = await fetchText(url, { maxBytes: MAX_KEY_SET_BYTES, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
  if (text.length > MAX_KEY_SET_BYTES) throw new Error(`the key set is larger than ${MAX_KEY_SET_BYTES} bytes`)
  return text
}

async function readBounded(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > MAX_KEY_SET_BYTES) throw new Error(`the key set is larger than ${MAX_KEY_SET_BYTES} bytes`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
