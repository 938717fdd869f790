import { readAuthorization } from '../server/authorization.ts'
import type { Answer, Call } from '../server/call.ts'
import { jsonReply } from '../server/reply.ts'
import { readArguments, type ReadArguments } from './arguments.ts'
import { slackError, type MethodResult, type SlackMethod, type SlackWorld } from './method.ts'
import type { AccessToken } from './tokens.ts'

const PREFIX = '/api/'

/** What the log tells of a Slack token: nothing but what it may. */
export interface SlackGrants {
  readonly kind: 'bot' | 'user'
  readonly scopes: readonly string[]
}

type TokenMethod = Extract<SlackMethod, { readonly auth: 'token' }>

/** Answers a method call: arguments, token, scopes, required arguments, then the method. HTTP 200 whatever comes of it. */
export async function respond(call: Call, methods: readonly SlackMethod[], world: SlackWorld): Promise<Answer> {
  const method = methods.find((one) => one.name === call.path.slice(PREFIX.length))
  if (call.method !== 'GET' && call.method !== 'POST') return render(slackError('invalid_http_method'), world)
  if (method === undefined || !call.path.startsWith(PREFIX)) return render(slackError('unknown_method', { req_method: 'unknown' }), world)
  call.note({ operation: method.name })
  const read = await readArguments(call)
  if (typeof read === 'string') return render(slackError(read), world)
  if (method.auth === 'client') {
    const result = method.answer({ call, world, values: read.values, tokenArgument: read.tokens[0]?.value })
    return result === 'cut' ? result : render(result, world)
  }
  return answerWithToken(call, method, read, world)
}

function answerWithToken(call: Call, method: TokenMethod, read: ReadArguments, world: SlackWorld): Answer {
  const token = findToken(call, read, world)
  if (typeof token === 'string') return render(slackError(token), world)
  const grants: SlackGrants = { kind: token.kind, scopes: token.scopes }
  call.note({ authenticatedAs: token.kind, grants })
  const scopes = { 'x-oauth-scopes': token.scopes.join(','), 'x-accepted-oauth-scopes': method.scopes.join(',') }
  return render(answerWithScopes(call, method, read, world, token), world, scopes)
}

function answerWithScopes(call: Call, method: TokenMethod, read: ReadArguments, world: SlackWorld, token: AccessToken): MethodResult {
  if (method.scopes.length > 0 && !method.scopes.some((scope) => token.scopes.includes(scope))) {
    return slackError('missing_scope', { needed: method.scopes.join(','), provided: token.scopes.join(',') })
  }
  const missing = method.required.filter((name) => (read.values.get(name) ?? '') === '')
  if (missing.length > 0) {
    const messages = missing.map((name) => `[ERROR] missing required field: ${name}`)
    return slackError('invalid_arguments', { response_metadata: { messages } })
  }
  return method.answer({ call, world, values: read.values, tokenArgument: undefined, token })
}

/**
 * A token that the caller put among the arguments wins over the header: so a proxy that leaves an agent's own
 * token in place is found out.
 */
function findToken(call: Call, read: ReadArguments, world: SlackWorld): AccessToken | string {
  const presented = readAuthorization(call.headers.authorization)
  call.note({ credentialPlaces: [...(presented === undefined ? [] : ['header']), ...read.tokens.map(({ place }) => place)] })
  const argument = read.tokens[0]?.value
  const value = argument ?? (presented?.scheme === 'bearer' ? presented.value : undefined)
  if (value === undefined || value === '') return presented === undefined ? 'not_authed' : 'invalid_auth'
  return world.tokens.look(value)
}

function render(result: MethodResult, world: SlackWorld, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonReply(200, result, {
    'x-slack-req-id': `req-${world.nextNumber()}`,
    'x-slack-backend': 'r',
    'cache-control': 'private, no-cache, no-store, must-revalidate',
    vary: 'Accept-Encoding',
    ...headers,
  })
}
