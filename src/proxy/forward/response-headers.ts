/**
 * What an upstream's answer must not carry to the agent: hop-by-hop fields, cookies (a session of the upstream's would be a credential
 * of the agent's own), alternatives that lead around the proxy, and (by their prefix) words that only a proxy may say.
 */
const DROPPED: ReadonlySet<string> = new Set([
  'connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'set-cookie', 'set-cookie2', 'alt-svc', 'alternate-protocol', 'nel', 'report-to',
  'reporting-endpoints', 'content-length',
])

const CONTENT_LENGTH = /^(0|[1-9][0-9]{0,15})$/

/** Fields in which an upstream names its own resources (RFC 9110 sections 10.2.2 and 8.7, RFC 8288). */
const URL_FIELDS: ReadonlySet<string> = new Set(['link', 'location', 'content-location'])

/** Turns the upstream's URLs in one field's value into the ones that the client has to use. */
export type RewriteUrl = (value: string) => string

export interface AnswerHeaders {
  /** Name, value, name, value …: end-to-end fields as they came. */
  readonly fields: string[]
  /** Undefined where the upstream did not say, and the answer is framed anew. */
  readonly contentLength: number | undefined
}

/**
 * Walks the answer's raw header once.
 * @param raw name, value, name, value … as bytes or Latin-1 text
 * @param rewriteUrl in reverse mode: a client that follows `Link` to the upstream's own host would leave the proxy, and take its token there
 * @returns undefined where the answer is ambiguous (two lengths, a length that is no number, a transfer coding other than chunked): it is not passed on
 */
export function answerHeaders(raw: readonly (Buffer | string)[], rewriteUrl?: RewriteUrl): AnswerHeaders | undefined {
  const fields: string[] = []
  let contentLength: number | undefined
  let connectionNamed: Set<string> | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = text(raw[i] as Buffer | string)
    const value = text(raw[i + 1] as Buffer | string)
    const lower = name.toLowerCase()
    if (lower === 'content-length') {
      if (!CONTENT_LENGTH.test(value) || contentLength !== undefined) return undefined
      contentLength = Number(value)
    } else if (lower === 'transfer-encoding') {
      // Any other coding would be passed on without its name: the client could not read the body, or would read another.
      if (value.trim().toLowerCase() !== 'chunked') return undefined
    } else if (lower === 'connection') {
      connectionNamed = withTokens(connectionNamed, value)
    }
    if (!DROPPED.has(lower) && !lower.startsWith('proxy-')) fields.push(name, rewriteUrl !== undefined && URL_FIELDS.has(lower) ? rewriteUrl(value) : value)
  }
  return { fields: connectionNamed === undefined ? fields : without(fields, connectionNamed), contentLength }
}

function text(part: Buffer | string): string {
  return typeof part === 'string' ? part : part.toString('latin1')
}

function withTokens(seen: Set<string> | undefined, value: string): Set<string> {
  const tokens = seen ?? new Set<string>()
  for (const token of value.split(',')) tokens.add(token.trim().toLowerCase())
  return tokens
}

function without(fields: readonly string[], named: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string
    if (!named.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string)
  }
  return kept
}
