/** The answer to a request without a token that is good for it, for any HTTP server. */
export interface Challenge {
  readonly status: 400 | 401 | 403 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** What a challenge tells a client to do (RFC 6750 section 3, RFC 9728 section 5.1). */
export interface ChallengeFacts {
  readonly resourceMetadataUrl: string
  /** What to ask the person for. */
  readonly scopes: readonly string[]
}

/** No token was sent: the client learns where to get one. RFC 6750 section 3.1: without an error code. Pure. */
export function tokenRequired(facts: ChallengeFacts): Challenge {
  return challenge(401, undefined, 'A token for this server is required.', facts)
}

/** The token is not good, or not any more. Pure. */
export function tokenRefused(description: string, facts: ChallengeFacts): Challenge {
  return challenge(401, 'invalid_token', description, facts)
}

/** The token is good, and for less than this needs: the client asks the person for more, and comes again. Pure. */
export function scopeInsufficient(facts: ChallengeFacts): Challenge {
  return challenge(403, 'insufficient_scope', 'The token does not cover what this needs.', facts)
}

/** A new sign-in would not help, so none is asked for; JSON-RPC's form, in which clients show it. Pure. */
export function agentRevoked(message: string): Challenge {
  return { status: 403, headers: COMMON, body: { jsonrpc: '2.0', id: null, error: { code: -32_001, message, data: { code: 'agent_revoked' } } } }
}

/** The request shows its token in a way that is not taken. Pure. */
export function requestRefused(description: string): Challenge {
  return { status: 400, headers: COMMON, body: { error: 'invalid_request', error_description: description } }
}

/** Nobody can tell whether the token is good: then it is not taken. Pure. */
export function nobodyCanTell(): Challenge {
  return { status: 503, headers: { ...COMMON, 'retry-after': '1' }, body: { error: 'temporarily_unavailable', error_description: 'The authority cannot be asked; try again.' } }
}

const COMMON: Readonly<Record<string, string>> = { 'content-type': 'application/json', 'cache-control': 'no-store' }

function challenge(status: 401 | 403, error: string | undefined, description: string, { resourceMetadataUrl, scopes }: ChallengeFacts): Challenge {
  const parameters = [
    ...(error === undefined ? [] : [['error', error], ['error_description', description]]),
    ['resource_metadata', resourceMetadataUrl],
    ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')]]),
  ]
  const value = parameters.map(([name = '', text = '']) => `${name}="${quotable(text)}"`).join(', ')
  return { status, headers: { ...COMMON, 'www-authenticate': `Bearer ${value}` }, body: { error: error ?? 'invalid_token', error_description: description } }
}

/** RFC 6750 section 3: what a parameter's value may hold; the rest, which nothing of ours has, would end it early. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')
}
