import type { HeaderList } from './request.ts'

/** Version, trace id, parent id, flags; a later version may say more behind them. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/**
 * The trace that the client says this request belongs to: 32 hexadecimal digits and nothing else, so that it may stand in a record.
 * Pure; O(fields).
 * @returns undefined where the request names none, or two, or one that is no trace id
 * @see W3C Trace Context section 3.2
 */
export function traceIdOf(headers: HeaderList): string | undefined {
  let found: string | undefined
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (name.length !== 'traceparent'.length || name.toLowerCase() !== 'traceparent') continue
    if (found !== undefined) return undefined
    found = headers[index + 1] ?? ''
  }
  // What is longer than the version of today by far is no trace context.
  return found === undefined || found.length > 256 ? undefined : TRACEPARENT.exec(found)?.[1]
}
