/** RFC 9110 section 5.6.7, in the one form that is sent today. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * How long an answer asks to wait (RFC 9110 section 10.2.3), in milliseconds; undefined where it does not, or not readably.
 * @param nowMs for a wait that is told as a date; undefined where nobody knows by which clock
 */
export function retryAfterOf(text: string | null | undefined, nowMs: number | undefined): number | undefined {
  if (text === null || text === undefined) return undefined
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const atMs = HTTP_DATE.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(atMs) || nowMs === undefined ? undefined : Math.max(0, atMs - nowMs)
}
