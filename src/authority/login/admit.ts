import type { AuditLog } from '../../audit/log.ts'
import type { People, Person, SignIn } from '../../store/ports/people.ts'
import type { BrowserSessions } from '../people/contract.ts'
import type { SignInRefusal } from './read-claims.ts'

export interface AdmitDependencies {
  readonly people: Pick<People, 'signIn'>
  readonly sessions: BrowserSessions
  readonly audit: AuditLog
}

/** What a sign-in came to. */
export type Admission = { readonly person: Person; readonly setCookie: string } | SignInRefusal

/**
 * Lets somebody in whom the identity provider vouches for: on record before the session is there.
 * @param cookieHeader what the browser sent: a session that it had ends, whoever's it was
 * @throws Fault `audit_unavailable`, StoreError
 */
export async function admit(deps: AdmitDependencies, signIn: SignIn, idToken: string | undefined, cookieHeader: string | undefined): Promise<Admission> {
  const person = await deps.people.signIn(signIn)
  const user = { id: signIn.id, name: signIn.name }
  if (person === undefined) {
    const refused = 'the address belongs to another account of the identity provider'
    deps.audit.post({ event: 'admin.sign_in_denied', user, outcome: 'denied', reason: refused })
    return { refused, advice: 'An address that was given to somebody new does not bring what the one before approved. Ask your administrator to sort it out.' }
  }
  await deps.audit.commit({ event: 'admin.signed_in', user, outcome: 'ok' })
  await deps.sessions.end(cookieHeader)
  return { person, setCookie: await deps.sessions.start(person, idToken) }
}
