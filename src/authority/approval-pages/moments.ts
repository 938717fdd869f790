import { html, type Markup } from '../pages/markup.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })

/** `22 November 2026, 09:32 UTC`: without scripts nobody knows the reader's time zone, so it is said which one this is. */
export function dateText(ms: number): string {
  return `${DAY.format(ms)}, ${new Date(ms).toISOString().slice(11, 16)} UTC`
}

/** A moment for people and machines; `text` in the place of the whole date, which then shows on pointing at it. */
export function moment(ms: number, text?: string): Markup {
  const iso = new Date(ms).toISOString()
  return text === undefined ? html`<time datetime="${iso}">${dateText(ms)}</time>` : html`<time datetime="${iso}" title="${dateText(ms)}">${text}</time>`
}

/** `in 52 minutes`, `in 3 days`; what is over is told as `over`. */
export function untilText(ms: number, nowMs: number): string {
  return ms <= nowMs ? 'over' : `in ${spanText(ms - nowMs)}`
}

/** `4 minutes ago`. */
export function agoText(ms: number, nowMs: number): string {
  return nowMs - ms < MINUTE_MS ? 'just now' : `${spanText(nowMs - ms)} ago`
}

function spanText(exactMs: number): string {
  // To the minute first: what is some seconds short of an hour is an hour, not sixty minutes.
  const ms = Math.round(exactMs / MINUTE_MS) * MINUTE_MS
  for (const [unitMs, name] of [[DAY_MS, 'day'], [HOUR_MS, 'hour'], [MINUTE_MS, 'minute']] as const) {
    const count = Math.round(ms / unitMs)
    if (ms >= unitMs) return `${count} ${name}${count === 1 ? '' : 's'}`
  }
  return 'less than a minute'
}
