import type { Offer } from './offer.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const USUAL_MS = [HOUR_MS, 8 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS]

/**
 * For how long an approval can be given. Pure.
 * @param ruleMs the longest that the rules allow; undefined where they bound nothing
 */
export function durations(
  { consentDefaultMs, consentMaxMs }: { readonly consentDefaultMs: number; readonly consentMaxMs: number }, ruleMs: number | undefined,
): Pick<Offer, 'durationsMs' | 'presetMs' | 'shortenedByRule'> {
  const mostMs = Math.min(consentMaxMs, ruleMs ?? Infinity)
  const presetMs = Math.min(consentDefaultMs, mostMs)
  const durationsMs = [...new Set([presetMs, ...USUAL_MS.filter((ms) => ms <= mostMs), mostMs])].sort((one, other) => one - other)
  return { durationsMs, presetMs, shortenedByRule: ruleMs !== undefined && ruleMs < consentMaxMs }
}

/** `1 hour`, `7 days`, `10 minutes`; a mixture is told in its smaller unit. */
export function durationWords(ms: number): string {
  for (const [unitMs, name] of [[DAY_MS, 'day'], [HOUR_MS, 'hour'], [60_000, 'minute']] as const) {
    if (ms >= unitMs && ms % unitMs === 0) return counted(ms / unitMs, name)
  }
  return counted(Math.max(1, Math.floor(ms / 1000)), 'second')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
