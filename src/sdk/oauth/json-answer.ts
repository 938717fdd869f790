/** An answer that was read whole. */
export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  /** Its members; none where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

const MAX_BYTES = 262_144

/** Reads an answer as JSON, up to a bound. @throws Error where it is longer, or breaks off */
export async function readJson(response: Response): Promise<JsonAnswer> {
  const text = await readText(response, MAX_BYTES)
  return { status: response.status, headers: response.headers, body: membersOf(parsed(text)) }
}

/** Reads a body as text, up to a bound. @throws Error where it is longer, or breaks off */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks).toString('utf8')
    length += value.length
    chunks.push(value)
    if (length <= maxBytes) continue
    // Not waited for: of a copied answer it settles when the other copy has ended, too.
    reader.cancel().catch(() => undefined)
    throw new Error(`the answer is longer than ${maxBytes} bytes`)
  }
}

/** JSON, or undefined for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The members of an object; none of anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : {}
}

/** A member that is a text, and not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The texts of a list; none of anything else. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
