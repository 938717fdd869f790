import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const MINUTE_MS = 60_000

/** A moment as `21 Nov 2026, 09:32`, in the reader's own zone, with the exact one when pointed at. */
export function Moment({ at }: { readonly at: string }): JSX.Element {
  return <time dateTime={at} title={at}>{DAY.format(new Date(at))}</time>
}

/** How long ago, or how long until: `3 minutes ago`, `in 2 days`. It keeps up with time. */
export function Ago({ at }: { readonly at: string }): JSX.Element {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => { setNowMs(Date.now()) }, MINUTE_MS / 2)
    return () => { clearInterval(timer) }
  }, [])
  return <time dateTime={at} title={at}>{agoText(Date.parse(at), nowMs)}</time>
}

/** Pure. */
export function agoText(atMs: number, nowMs: number): string {
  const seconds = Math.round((atMs - nowMs) / 1000)
  const size = Math.abs(seconds)
  if (size < 45) return seconds > 0 ? 'in a moment' : 'just now'
  if (size < 90 * 60) return WORDS.format(Math.round(seconds / 60), 'minute')
  if (size < 36 * 3600) return WORDS.format(Math.round(seconds / 3600), 'hour')
  return WORDS.format(Math.round(seconds / 86_400), 'day')
}

const WORDS = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
