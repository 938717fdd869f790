const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `22 November 2026, 09:32 UTC`: without scripts nobody knows the reader's time zone, so it is said which one this is. */
export function dateText(ms: number): string {
  const date = new Date(ms)
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(date)
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`
}

/** `in 52 minutes`, `in 3 days`; what is over is told as `over`. */
export function untilText(ms: number, nowMs: number): string {
  return ms <= nowMs ? 'over' : `in ${spanText(ms - nowMs)}`
}

/** `4 minutes ago`. */
export function agoText(ms: number, nowMs: number): string {
  return nowMs - ms < MINUTE_MS ? 'just now' : `${spanText(nowMs - ms)} ago`
}

function spanText(ms: number): string {
  for (const [unitMs, name] of [[DAY_MS, 'day'], [HOUR_MS, 'hour'], [MINUTE_MS, 'minute']] as const) {
    const count = Math.round(ms / unitMs)
    if (ms >= unitMs && count > 0) return `${count} ${name}${count === 1 ? '' : 's'}`
  }
  return 'less than a minute'
}
