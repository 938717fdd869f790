/** What becomes of a request header, by its name alone. */
export type HeaderRule =
  /** End-to-end: judged and forwarded as it came. */
  | 'keep'
  /** As `keep`, but only once. */
  | 'single'
  /** Hop-by-hop, or told by the proxy anew: not forwarded. */
  | 'drop'
  /** A credential of the client's own: not forwarded. */
  | 'strip'
  /** Read by the listener itself, and not forwarded as it stands; only once. */
  | 'host' | 'content-length' | 'transfer-encoding' | 'content-type' | 'authorization' | 'proxy-authorization' | 'delegation' | 'dpop' | 'expect' | 'upgrade'
  | 'connection'
  /** What the client takes of the hop: not forwarded. */
  | 'te'
  | 'browser'
  /** Says another method than the request line: nothing behind us may look at it. */
  | 'override'
  /** Has the upstream act as somebody else than the credential's holder: what was judged would be done as another. */
  | 'actor'
  /** No token, or with an underscore, which some servers read as a hyphen. */
  | 'bad-name'

export interface NamedRule {
  readonly name: string
  readonly rule: HeaderRule
  /** Of a field that may stand once: a bit of its own; 0 for others. */
  readonly once: number
}

/** RFC 9110 `token` without `_`. */
const NAME = /^[!#$%&'*+\-.^`|~0-9A-Za-z]{1,128}$/

const RULES: ReadonlyMap<string, HeaderRule> = new Map<string, HeaderRule>([
  ...named('host', 'host'),
  ...named('content-length', 'content-length'),
  ...named('transfer-encoding', 'transfer-encoding'),
  ...named('content-type', 'content-type'),
  ...named('authorization', 'authorization'),
  ...named('proxy-authorization', 'proxy-authorization'),
  ...named('delegation', 'postern-delegation'),
  ...named('dpop', 'dpop'),
  // Not stripped as our other fields are: the catalogue reads it.
  ...named('keep', 'postern-target'),
  ...named('expect', 'expect'),
  ...named('upgrade', 'upgrade'),
  ...named('connection', 'connection'),
  ...named('te', 'te'),
  ...named('browser', 'origin', 'sec-fetch-site'),
  ...named('single', 'content-encoding', 'content-range', 'range', 'user-agent'),
  ...named('drop', 'keep-alive', 'trailer', 'trailers', 'http2-settings', 'via', 'forwarded', 'max-forwards', 'x-original-url',
    'x-rewrite-url', 'x-http-host-override', 'x-original-host', 'x-original-uri', 'x-host', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'x-remote-ip', 'x-remote-addr',
    'x-remote-user', 'x-originating-ip', 'true-client-ip', 'cf-connecting-ip', 'fastly-client-ip', 'x-envoy-original-path', 'x-envoy-external-address'),
  ...named('strip', 'cookie', 'cookie2', 'authentication', 'api-key', 'apikey', 'x-api-key', 'x-apikey', 'x-api-token', 'x-auth', 'x-auth-key',
    'x-auth-token', 'x-access-token', 'x-access-key', 'x-authorization', 'x-goog-api-key', 'x-goog-iam-authorization-token', 'x-amz-security-token',
    'x-vault-token', 'x-github-token', 'x-gitlab-token', 'private-token', 'job-token', 'deploy-token', 'x-figma-token', 'x-slack-token',
    'x-shopify-access-token', 'x-session-token', 'x-secret', 'x-secret-key', 'x-user-token', 'x-service-token', 'x-token', 'token',
    'x-forwarded-access-token', 'x-ms-token-aad-access-token', 'x-serverless-authorization', 'ocp-apim-subscription-key', 'x-client-cert', 'client-cert'),
  ...named('actor', 'sudo', 'as-user', 'act-as', 'x-act-as', 'run-as', 'x-run-as', 'on-behalf-of', 'x-on-behalf-of', 'x-impersonate'),
  ...named('override', 'x-http-method-override', 'x-http-method', 'x-method-override', 'x-method'),
])

/** Names of the same families that nobody listed. */
const FAMILIES: readonly (readonly [RegExp, HeaderRule])[] = [
  [/^(?:proxy|x-forwarded|x-envoy)-/, 'drop'],
  [/^postern-/, 'strip'],
  [/(?:-api-?key|-access-token|-auth-token|-session-token|-authorization|-secret)$/, 'strip'],
  [/method-override$/, 'override'],
  // Kubernetes, Dropbox for teams.
  [/^(?:x-)?impersonate[d-]|^dropbox-api-select-/, 'actor'],
]

/** The names of which a second one is looked for, each with its bit. */
const OF_MANY: ReadonlySet<HeaderRule> = new Set<HeaderRule>(['keep', 'drop', 'strip', 'connection', 'te', 'browser', 'override', 'actor', 'bad-name'])
const ONCE: ReadonlyMap<string, number> = new Map([...RULES].filter(([, rule]) => !OF_MANY.has(rule)).map(([name], at) => [name, 1 << at]))

if (ONCE.size > 30) throw new TypeError('more fields that may stand once than there are bits')

/** Spellings seen so far: the names that clients send are few, and telling them apart anew for each request is not. */
const MAX_SPELLINGS = 2_000
const seen = new Map<string, NamedRule>()

/** The lower-case name and the rule for one spelling of a header name. */
export function ruleOf(spelling: string): NamedRule {
  const known = seen.get(spelling)
  if (known !== undefined) return known
  const name = spelling.toLowerCase()
  const found: NamedRule = { name, rule: NAME.test(spelling) ? (RULES.get(name) ?? familyRule(name)) : 'bad-name', once: ONCE.get(name) ?? 0 }
  if (seen.size >= MAX_SPELLINGS) seen.clear()
  if (spelling.length <= 128) seen.set(spelling, found)
  return found
}

function familyRule(name: string): HeaderRule {
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? 'keep'
}

function named(rule: HeaderRule, ...names: readonly string[]): readonly (readonly [string, HeaderRule])[] {
  return names.map((name) => [name, rule])
}
