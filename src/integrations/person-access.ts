import { type Denial, deny, isDenial } from '../model/denial.ts'
import type { CredentialOrder } from './issuer.ts'
import type { UserAccess, UserAccessSource } from './user-access.ts'

/** What an issuer needs to act by a person's own authority. */
export interface PersonAccessOptions {
  readonly users: UserAccessSource
  /** Where a person connects this integration; undefined where no authority serves people. */
  readonly connectUrl: string | undefined
  /** What the upstream is called in a sentence: `GitHub`. */
  readonly title: string
}

/**
 * The access by which an order is carried out for a person: of the one connection that their delegation is bound to, theirs, and of this
 * integration. What a delegation names is not taken on trust: nobody acts by another's connection.
 * @throws Fault `credential_unavailable`
 */
export async function personAccess(order: CredentialOrder, options: PersonAccessOptions, signal: AbortSignal): Promise<UserAccess | Denial> {
  const { delegation } = order.principal
  if (delegation === undefined) {
    return deny('authority_insufficient', 'the agent acts for itself, and no person’s authority can be lent', {
      hint: 'An organisation rule that matches this request has to lend authority: organisation.',
    })
  }
  const id = delegation.standing?.connections[order.integration]
  if (id === undefined) return connectionRequired('the delegation is bound to no connection of this integration', options)
  const access = await options.users.access(id, signal)
  if (isDenial(access)) return withLink(access, options)
  const theirs = access.owner === delegation.person && access.integration === order.integration
  return theirs ? access : connectionRequired('the delegation names a connection that is not this person’s at this integration', options)
}

/** There is nothing to act by: the person has to connect. */
export function connectionRequired(detail: string, { connectUrl, title }: PersonAccessOptions, missingScopes?: readonly string[]): Denial {
  return deny('connection_required', detail, {
    hint: missingScopes === undefined
      ? `The person has to connect their ${title} account, and approve the agent with it.`
      : `The person’s connection to ${title} was not granted ${missingScopes.join(', ')}: connecting again can grant it.`,
    ...(missingScopes === undefined ? {} : { missingScopes }),
    ...(connectUrl === undefined ? {} : { link: connectUrl }),
  })
}

/** The scopes that a connection lacks; none where the upstream never says what it granted. Pure. */
export function lackingScopes(needed: readonly string[], granted: readonly string[]): readonly string[] {
  return granted.length === 0 ? [] : needed.filter((scope) => !granted.includes(scope))
}

function withLink(denial: Denial, { connectUrl, title }: PersonAccessOptions): Denial {
  if (denial.denial !== 'connection_required' && denial.denial !== 'connection_reauth_required') return denial
  const hint = denial.denial === 'connection_required'
    ? `The person has to connect their ${title} account, and approve the agent with it.`
    : `The person’s connection to ${title} has ended there: connecting again renews it.`
  return { ...denial, hint, ...(connectUrl === undefined ? {} : { link: connectUrl }) }
}
