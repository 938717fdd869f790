import type { ReadHeaders } from '../../http/headers.ts'

/** The fields of a connection's last request, and what they were read as. */
export interface LatestFields {
  readonly raw: readonly string[]
  readonly read: ReadHeaders
}

/** Names and values, and their letters. Beyond this they are not worth the memory that a connection at rest holds, whoever it is that holds it. */
const MAX_KEPT = 48
const MAX_LETTERS = 8_192

/**
 * Most requests of a connection have the very same fields as the one before.
 * @param raw name, value, name, value …
 * @returns what these were read as, where the last request had just these: every name, every value, in this order
 */
export function readBefore(latest: LatestFields | undefined, raw: readonly string[]): ReadHeaders | undefined {
  if (latest === undefined || latest.raw.length !== raw.length) return undefined
  for (let at = 0; at < raw.length; at += 1) if (latest.raw[at] !== raw[at]) return undefined
  return latest.read
}

/** @returns undefined for what is read anew each time: fields that frame a body, ask for another protocol, or prove something once */
export function worthKeeping(raw: readonly string[], read: ReadHeaders): LatestFields | undefined {
  if (raw.length > MAX_KEPT || read.framing.kind !== 'none' || read.upgrade !== undefined || read.dpop !== undefined) return undefined
  return isWorthKeeping(raw) ? { raw, read } : undefined
}

/** Whether texts are few enough letters to be kept while their connection rests. */
export function isWorthKeeping(texts: readonly (string | undefined)[]): boolean {
  let letters = 0
  for (const text of texts) letters += text?.length ?? 0
  return letters <= MAX_LETTERS
}
