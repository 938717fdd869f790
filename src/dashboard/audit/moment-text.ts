/** `09:32:15`, in the reader's own zone. */
export function clockText(at: string): string {
  return CLOCK.format(new Date(at))
}

/** `Saturday, 21 November 2026`. */
export function dayText(at: string): string {
  return DAY.format(new Date(at))
}

/** `21 Nov 2026, 09:32:15.120`, for the one record. */
export function exactText(at: string): string {
  return EXACT.format(new Date(at))
}

/** `21 Nov 2026, 09:32:15`. */
export function secondText(at: string): string {
  return SECOND.format(new Date(at))
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const EXACT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 })
const SECOND = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' })
