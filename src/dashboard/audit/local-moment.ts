/** A moment as a field for local date and time holds it: `2026-11-21T09:32:15`; empty for none. */
export function localField(at: string | undefined): string {
  const ms = Date.parse(at ?? '')
  if (Number.isNaN(ms)) return ''
  const moment = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${String(moment.getFullYear()).padStart(4, '0')}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`
}

/** The moment that such a field holds, RFC 3339 in UTC; undefined where it holds none. */
export function momentOfField(value: string): string | undefined {
  const ms = Date.parse(value)
  return value === '' || Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
