import type { Denial } from '../../model/denial.ts'
import { deny, Fault } from '../../model/denial.ts'
import type { UpstreamResponse } from '../upstream-http.ts'
import { asObject, jsonObject } from './api.ts'
import type { CredentialPlan } from './credential-plan.ts'
import { isAccess } from './token-answer.ts'
import { includesAccess } from './vocabulary.ts'

/**
 * What it means that GitHub gave no token.
 * @throws Fault `credential_unavailable` where it may go better later, or where the app itself is not accepted
 */
export function tokenRefusal(answer: UpstreamResponse): Denial {
  switch (answer.status) {
    case 403:
      if (isLimited(answer)) throw new Fault('credential_unavailable', 'GitHub limits the app’s calls')
      return deny('connection_reauth_required', 'GitHub forbids the app’s installation to act: suspended, or a policy of the organisation', {
        hint: 'The GitHub App’s installation is suspended or blocked; an owner of the organisation can lift that.',
      })
    case 404:
      return notInstalled('the installation is gone')
    case 401:
      throw new Fault('credential_unavailable', 'GitHub does not accept the app’s id and key')
    default:
      throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked for a token`)
  }
}

/** The app is not installed where it would have to be. */
export function notInstalled(detail: string): Denial {
  return deny('connection_required', detail, { hint: 'The GitHub App is not installed for the owner of this repository.' })
}

/**
 * GitHub refused the permissions or the repository (422): names which.
 * @param installation what GitHub says of the installation; undefined where it could not be asked
 */
export function narrowingRefusal(plan: CredentialPlan, installation: UpstreamResponse | undefined): Denial {
  const missing = installation?.status === 200 ? missingPermissions(plan, installation.body) : undefined
  if (missing === undefined) {
    return deny('credential_refused', 'GitHub does not grant these permissions on this repository to the app', {
      hint: `The GitHub App needs ${scopeList(plan)} and access to this repository.`,
    })
  }
  if (missing.length === 0) {
    return deny('credential_refused', 'the installation does not include the repository', {
      hint: 'The GitHub App was not given access to this repository, or it does not exist.',
    })
  }
  return deny('credential_refused', `the installation lacks ${missing.join(' ')}`, {
    hint: `The GitHub App’s installation lacks ${missing.join(', ')}.`,
    missingScopes: missing,
  })
}

function missingPermissions(plan: CredentialPlan, body: string): readonly string[] {
  const granted = asObject(jsonObject(body)['permissions'])
  return [...plan.permissions].flatMap(([name, access]) => {
    const has = granted[name]
    return isAccess(has) && includesAccess(has, access) ? [] : [`${name}:${access}`]
  })
}

function scopeList(plan: CredentialPlan): string {
  return [...plan.permissions].map(([name, access]) => `${name}:${access}`).join(', ')
}

/** A 403 that is about the number of calls, not about what may be done. */
function isLimited(answer: UpstreamResponse): boolean {
  return answer.headers['retry-after'] !== undefined || answer.headers['x-ratelimit-remaining'] === '0'
}
