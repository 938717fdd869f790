import { parsePersonId } from '../../model/ids.ts'
import type { SignIn } from '../../store/ports/people.ts'
import type { Claims } from './identity-provider.ts'

export interface ClaimsOptions {
  /** Names of claims. */
  readonly claims: { readonly person: string; readonly name: string; readonly groups: string }
  readonly allowUnverifiedEmail: boolean
}

/** Why somebody is not let in: for the page, and for the record. */
export interface SignInRefusal {
  readonly refused: string
  /** What the person, or their administrator, can do. */
  readonly advice: string
}

const MAX_NAME = 200
const MAX_GROUPS = 1000
const MAX_GROUP = 256

/**
 * Makes a person of what the identity provider said. Pure.
 * An address is lower-cased: who is `Alice@acme.com` today and `alice@acme.com` tomorrow is one person.
 */
export function readClaims(claims: Claims, options: ClaimsOptions): SignIn | SignInRefusal {
  const named = claims[options.claims.person]
  if (typeof named !== 'string') return refuse(`the claim ${options.claims.person} is missing`, 'Ask your administrator to let the identity provider send it.')
  if (options.claims.person === 'email' && !options.allowUnverifiedEmail && !isTrue(claims['email_verified'])) {
    return refuse('the e-mail address is not verified', 'Verify your address at your identity provider, then sign in again.')
  }
  const id = parsePersonId(`user:${named.toLowerCase()}`)
  if (id === undefined) return refuse(`the claim ${options.claims.person} is no address that can be used here`, 'Ask your administrator which claim names people.')
  const groups = readGroups(claims, options.claims.groups)
  if ('refused' in groups) return groups
  return { id, issuer: claims.iss, subject: claims.sub, name: nameOf(claims[options.claims.name]), email: emailOf(claims, options), groups: groups.names }
}

/** Some providers say it as a text. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return value.trim().slice(0, MAX_NAME)
}

function emailOf(claims: Claims, { allowUnverifiedEmail }: ClaimsOptions): string | undefined {
  const { email } = claims
  if (typeof email !== 'string' || email.length > 254) return undefined
  return allowUnverifiedEmail || isTrue(claims['email_verified']) ? email.toLowerCase() : undefined
}

/**
 * None where there are none: Google sends no groups. Groups that were left out for their number are another thing: rules that name a group
 * would silently not match, so nobody is let in with half of theirs.
 */
function readGroups(claims: Claims, name: string): { readonly names: readonly string[] } | SignInRefusal {
  const value = claims[name]
  const overage = isTrue(claims['hasgroups']) || isNamedElsewhere(claims['_claim_names'], name)
  if (overage) return tooMany('the identity provider left the groups out, since there are too many (groups overage)')
  if (value === undefined || value === null) return { names: [] }
  const names = typeof value === 'string' ? [value] : value
  if (!Array.isArray(names) || !names.every((one) => typeof one === 'string' && one.length <= MAX_GROUP)) {
    return refuse(`the claim ${name} is no list of names`, 'Ask your administrator which claim lists groups.')
  }
  if (names.length > MAX_GROUPS) return tooMany(`there are more than ${MAX_GROUPS} groups`)
  return { names: [...new Set(names as string[])] }
}

function isNamedElsewhere(claimNames: unknown, name: string): boolean {
  return typeof claimNames === 'object' && claimNames !== null && Object.hasOwn(claimNames, name)
}

function tooMany(reason: string): SignInRefusal {
  return refuse(reason, 'Ask your administrator to send only the groups that are assigned to this application.')
}

function refuse(reason: string, advice: string): SignInRefusal {
  return { refused: reason, advice }
}
