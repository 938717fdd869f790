/** Shorter ones would be found by chance; what the authority gives out is longer. */
const MIN_SECRET = 16
/** Nesting beyond this is no answer that anybody reads. */
const MAX_DEPTH = 64

/**
 * Whether a value that is about to leave holds any of these secrets: as it stands, in base64 at any offset, in hex, percent-encoded, wrapped. Of a
 * signed token its signature alone counts, too. A guard against mistakes and injected text, not against a program that hides it on purpose.
 */
export function leaks(value: unknown, secrets: Iterable<string>): boolean {
  const needles = [...secrets].flatMap(formsOf)
  return needles.length > 0 && holds(value, needles, 0)
}

function holds(value: unknown, needles: readonly string[], depth: number): boolean {
  if (depth > MAX_DEPTH) return true
  if (typeof value === 'string') return needles.some((needle) => value.includes(needle)) || holdsSplit(value, needles)
  if (value instanceof Uint8Array) return holds(Buffer.from(value).toString('latin1'), needles, depth + 1)
  if (value instanceof Map) return holds([...value], needles, depth + 1)
  if (Array.isArray(value)) return value.some((one) => holds(one, needles, depth + 1))
  if (typeof value !== 'object' || value === null) return false
  // What JSON will show of it, such as the text of a URL.
  if ('toJSON' in value && typeof value.toJSON === 'function' && holds(value.toJSON(''), needles, depth + 1)) return true
  return Object.entries(value).some(([name, member]) => holds(name, needles, depth + 1) || holds(member, needles, depth + 1))
}

/** Line breaks and spaces are what wrapping puts into a long word. */
function holdsSplit(text: string, needles: readonly string[]): boolean {
  if (!/[\s%\\]/.test(text)) return false
  const joined = text.replaceAll(/\s|\\[nrt]/g, '')
  return needles.some((needle) => joined.includes(needle) || decoded(text).includes(needle))
}

function decoded(text: string): string {
  return text.replaceAll(/%[0-9a-fA-F]{2}/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
}

function formsOf(secret: string): readonly string[] {
  if (secret.length < MIN_SECRET) return []
  const parts = secret.split('.')
  const signature = parts.length === 3 ? parts[2] ?? '' : ''
  return [secret, ...(signature.length < MIN_SECRET ? [] : [signature])].flatMap((text) => {
    const bytes = Buffer.from(text)
    const hex = bytes.toString('hex')
    return [text, hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset))]
  })
}

/** What of the encoding does not depend on what stands before and after. */
function base64At(bytes: Buffer, offset: number): readonly string[] {
  const from = offset === 0 ? 0 : 3 - offset
  const whole = bytes.subarray(from, bytes.length - (bytes.length - from) % 3)
  return [whole.toString('base64'), whole.toString('base64url')]
}
