import { isDenial, type Denial } from '../../model/denial.ts'
import type { DenialCode } from '../../model/codes.ts'
import { CODES } from '../../model/codes.ts'
import type { Secret } from '../../lib/secret.ts'
import type { ClientAnswer, ClientRequest, GrantType } from '../oauth/contract.ts'
import type { ExchangeAnswer, ExchangeRequest } from './contract.ts'
import type { ExchangeService } from './exchange-service.ts'
import type { SessionSecretService } from './session-secret-service.ts'
import { ACCESS_TOKEN_TYPE, SESSION_TOKEN_TYPE } from './subject-reader.ts'

/** RFC 8693 section 2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const TIMEOUT_MS = 20_000

/** Token exchange at the token endpoint (RFC 8693): a stand-in token, a released credential, or a session's secret. */
export function exchangeGrant(exchange: ExchangeService, sessions: SessionSecretService): GrantType {
  return {
    name: TOKEN_EXCHANGE,
    parameters: ['subject_token', 'subject_token_type', 'resource', 'audience', 'scope', 'target', 'delivery', 'requested_token_type', 'actor_token'],
    repeatable: ['resource', 'target'],
    async answer(request) {
      const wrong = problemOf(request)
      if (wrong !== undefined) return oauthError(400, 'invalid_request', wrong)
      const wanted = readRequest(request)
      if (one(request, 'requested_token_type') === SESSION_TOKEN_TYPE) return sessionAnswer(await sessions.issue(wanted))
      const answer = await exchange.exchange(wanted, AbortSignal.timeout(TIMEOUT_MS))
      return isDenial(answer) ? refusal(answer) : granted(answer, wanted)
    },
  }
}

function problemOf(request: ClientRequest): string | undefined {
  if (one(request, 'subject_token') === undefined || one(request, 'subject_token_type') === undefined) return 'subject_token and subject_token_type are required'
  if (one(request, 'actor_token') !== undefined) return 'actor_token is not supported: the client itself is the actor'
  if (one(request, 'audience') !== undefined) return 'audience is not supported: name the integration in resource'
  const delivery = one(request, 'delivery') ?? 'proxied'
  if (delivery !== 'proxied' && delivery !== 'released') return 'delivery is proxied or released'
  const type = one(request, 'requested_token_type') ?? ACCESS_TOKEN_TYPE
  return type === ACCESS_TOKEN_TYPE || type === SESSION_TOKEN_TYPE ? undefined : 'requested_token_type is none that is issued here'
}

function readRequest(request: ClientRequest): ExchangeRequest {
  return {
    agent: request.agent,
    authenticated: request.authenticated,
    subjectToken: one(request, 'subject_token') ?? '',
    subjectTokenType: one(request, 'subject_token_type') ?? '',
    resource: all(request, 'resource'),
    scope: one(request, 'scope'),
    target: all(request, 'target'),
    delivery: one(request, 'delivery') === 'released' ? 'released' : 'proxied',
    proofs: { jkt: request.jkt, x5t: request.x5t },
  }
}

function granted(answer: ExchangeAnswer, { proofs }: ExchangeRequest): ClientAnswer {
  return {
    status: 200,
    body: {
      access_token: answer.token.reveal(),
      issued_token_type: ACCESS_TOKEN_TYPE,
      token_type: answer.delivery === 'proxied' && proofs.jkt !== undefined ? 'DPoP' : 'Bearer',
      ...(answer.expiresInS === 0 ? {} : { expires_in: answer.expiresInS }),
      scope: answer.scopes.map((scope) => `${answer.integration}:${scope}`).join(' '),
      authorization_details: [{ type: 'postern', integration: answer.integration, scopes: answer.scopes, targets: answer.targets }],
      delivery: answer.delivery,
      base_url: answer.baseUrl,
    },
  }
}

function sessionAnswer(answer: { readonly secret: Secret; readonly expiresInS: number } | Denial): ClientAnswer {
  if (isDenial(answer)) return refusal(answer)
  return { status: 200, body: { access_token: answer.secret.reveal(), issued_token_type: SESSION_TOKEN_TYPE, token_type: 'N_A', expires_in: answer.expiresInS } }
}

/** RFC 8693 section 2.2.2 and RFC 8707 where they have a word; ours where they have none (design 6.4). */
const OAUTH_ERRORS: Partial<Record<DenialCode, readonly [number, string]>> = {
  integration_unknown: [400, 'invalid_target'],
  input_refused: [400, 'invalid_scope'],
  token_invalid: [400, 'invalid_request'],
  token_expired: [400, 'invalid_request'],
  proof_mismatch: [400, 'invalid_request'],
  delegation_revoked: [400, 'invalid_grant'],
  delegation_expired: [400, 'invalid_grant'],
  session_ended: [400, 'invalid_grant'],
  agent_unknown: [401, 'invalid_client'],
}

/** Which link mends it. */
const LINKS: Partial<Record<DenialCode, string>> = {
  consent_required: 'consent_url', connection_required: 'connect_url', connection_reauth_required: 'connect_url', approval_required: 'approval_url',
}

function refusal({ denial, hint, layer, rule, link, missingScopes }: Denial): ClientAnswer {
  const { status, title } = CODES[denial]
  const [oauthStatus, error] = OAUTH_ERRORS[denial] ?? [status === 401 ? 400 : status, denial]
  const linkName = LINKS[denial]
  return {
    status: oauthStatus,
    body: {
      error,
      error_description: hint === undefined ? title : `${title} ${hint}`,
      code: denial,
      ...(layer === undefined ? {} : { layer }),
      ...(rule === undefined ? {} : { rule: rule.id }),
      ...(link === undefined || linkName === undefined ? {} : { [linkName]: link }),
      ...(missingScopes === undefined || missingScopes.length === 0 ? {} : { missing_scopes: missingScopes }),
    },
  }
}

function oauthError(status: number, error: string, description: string): ClientAnswer {
  return { status, body: { error, error_description: description } }
}

function one({ parameters }: ClientRequest, name: string): string | undefined {
  const value = parameters[name]
  return typeof value === 'string' ? value : value?.[0]
}

function all({ parameters }: ClientRequest, name: string): readonly string[] {
  const value = parameters[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
