import { Secret } from '../../lib/secret.ts'
import { type Denial, deny, Fault } from '../../model/denial.ts'
import type { UpstreamResponse } from '../upstream-http.ts'
import type { UserAccess } from '../user-access.ts'
import { asObject, jsonObject, type GithubApi } from './api.ts'
import type { CredentialPlan } from './credential-plan.ts'
import type { GithubClient } from './oauth-client.ts'
import { isAccess } from './token-answer.ts'
import { includesAccess } from './vocabulary.ts'

/** A person's token, narrowed by GitHub. `expiresAtMs` is undefined where GitHub told none. */
export interface ScopedToken {
  readonly token: Secret
  readonly expiresAtMs: number | undefined
  /** What GitHub says that it may; `wider` where that is more than was asked. */
  readonly fits: boolean
}

/** `unknown_token`: GitHub does not know the person's token, or (Enterprise Server) not this endpoint. */
export type ScopingOutcome = ScopedToken | Denial | 'unknown_token'

/**
 * Narrows a person's token to one owner's repositories and to permissions.
 * @see GitHub `POST /applications/{client_id}/token/scoped`
 * @throws Fault `credential_unavailable`
 */
export async function scopeToken(api: GithubApi, client: GithubClient, access: UserAccess, plan: CredentialPlan, signal: AbortSignal): Promise<ScopingOutcome> {
  // What concerns no account is asked for on the person's own.
  const target = plan.owner ?? access.account?.name
  if (target === undefined) throw new Fault('credential_unavailable', 'the connection does not say whose account it is')
  const narrowing = { target, permissions: Object.fromEntries(plan.permissions) }
  const repositories = plan.repositories.length === 0 ? {} : { repositories: plan.repositories }
  const answer = await api.sendAsClient(client, 'POST', 'token/scoped', signal, { access_token: access.secret.reveal(), ...narrowing, ...repositories })
  switch (answer.status) {
    case 200:
    case 201:
      return readScoped(answer, plan, target)
    case 404:
      return 'unknown_token'
    case 422:
      return notGranted(plan)
    case 403:
      return forbidden(answer)
    default:
      throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked for a narrowed token`)
  }
}

function readScoped(answer: UpstreamResponse, plan: CredentialPlan, target: string): ScopedToken {
  const { token, expires_at: expiresAt, installation } = jsonObject(answer.body)
  if (typeof token !== 'string' || token === '') throw new Fault('credential_unavailable', 'GitHub answered without a token')
  const expiresAtMs = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN
  return {
    token: new Secret(token),
    expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs,
    fits: installation === undefined || installation === null || fits(asObject(installation), plan, target),
  }
}

function fits(installation: Readonly<Record<string, unknown>>, plan: CredentialPlan, target: string): boolean {
  const { login } = asObject(installation['account'])
  const elsewhere = typeof login === 'string' && login.toLowerCase() !== target.toLowerCase()
  const unselected = plan.repositories.length > 0 && installation['repository_selection'] === 'all'
  const narrow = Object.entries(asObject(installation['permissions'])).every(([name, access]) => {
    const limit = name === 'metadata' ? 'read' : plan.permissions.get(name)
    return isAccess(access) && limit !== undefined && includesAccess(limit, access)
  })
  return narrow && !elsewhere && !unselected
}

function notGranted(plan: CredentialPlan): Denial {
  const scopes = [...plan.permissions].map(([name, access]) => `${name}:${access}`).join(', ')
  return deny('credential_refused', 'GitHub does not narrow the person’s token to this: the person, or the App, has no such access there', {
    hint: `The person has no access to this repository at GitHub, or the GitHub App is not installed there with ${scopes}.`,
  })
}

function forbidden(answer: UpstreamResponse): Denial {
  if (answer.headers['retry-after'] !== undefined || answer.headers['x-ratelimit-remaining'] === '0') {
    throw new Fault('credential_unavailable', 'GitHub limits the App’s calls')
  }
  return deny('credential_refused', 'GitHub forbids the App to narrow the person’s token there', {
    hint: 'The GitHub App’s installation is suspended or blocked there; an owner of the organisation can lift that.',
  })
}
