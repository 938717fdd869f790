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
export interface UrlRewriter {
  rewriteUrls(value: string): string
}

export interface AnswerHeaders {
  /** Name, value, name, value …: end-to-end fields as they came. */
  readonly fields: string[]
  /** Undefined where the upstream did not say, and the answer is framed anew. */
  readonly contentLength: number | undefined
}

/**
 * Walks the answer's raw header once.
 * @param raw name, value, name, value … in Latin-1
 * @param rewriter in reverse mode: a client that follows `Link` to the upstream's own host would leave the proxy, and take its token there
 * @returns undefined where the answer is ambiguous (two lengths, a length that is no number, a transfer coding other than chunked): it is not passed on
 */
export function answerHeaders(raw: readonly string[], rewriter?: UrlRewriter): AnswerHeaders | undefined {
  const fields: string[] = []
  let contentLength: number | undefined
  let connectionNamed: Set<string> | undefined
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string
    const value = raw[at + 1] as string
    const lower = lowerOf(name)
    if (lower === 'content-length') {
      if (!CONTENT_LENGTH.test(value) || contentLength !== undefined) return undefined
      contentLength = Number(value)
    } else if (lower === 'transfer-encoding') {
      // Any other coding would be passed on without its name: the client could not read the body, or would read another.
      if (value.trim().toLowerCase() !== 'chunked') return undefined
    } else if (lower === 'connection') {
      connectionNamed = withTokens(connectionNamed, value)
    } else if (!isDropped(lower)) {
      fields.push(name, rewriter !== undefined && URL_FIELDS.has(lower) ? rewriter.rewriteUrls(value) : value)
    }
  }
  return { fields: connectionNamed === undefined ? fields : without(fields, connectionNamed), contentLength }
}

/** The same of an interim answer, or of trailers, which frame nothing. */
export function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) if (!isDropped((raw[at] as string).toLowerCase())) kept.push(raw[at] as string, raw[at + 1] as string)
  return kept
}

function isDropped(lower: string): boolean {
  return DROPPED.has(lower) || lower.startsWith('proxy-')
}

/** Most upstreams send few names, always in one spelling. */
const MAX_SPELLINGS = 1_000
const spellings = new Map<string, string>()

function lowerOf(name: string): string {
  const known = spellings.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  if (spellings.size < MAX_SPELLINGS && name.length <= 64) spellings.set(name, lower)
  return lower
}

/** `close` and `keep-alive`, which name no field, are most of what stands there. */
function withTokens(seen: Set<string> | undefined, value: string): Set<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return seen
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
