import type { PersonId } from '../../../model/ids.ts'
import type { People } from '../../../store/ports/people.ts'
import type { AdminTokens } from '../../oauth/contract.ts'
import type { BrowserSessions, Roles } from '../../people/contract.ts'
import type { Caller } from './caller.ts'

export interface AuthenticateDeps {
  readonly browserSessions: Pick<BrowserSessions, 'current'>
  readonly tokens: AdminTokens
  readonly people: Pick<People, 'get'>
  readonly roles: Roles
}

/** What a request shows of who makes it. */
export interface Shown {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  /** The request is a page's own, and not somebody's. */
  readonly isUnattended: boolean
}

const MAX_TOKEN = 8192
const BEARER = /^bearer ([A-Za-z0-9._~+/-]+=*)$/i

/**
 * Who makes the request, as things stand now. With an `Authorization` the cookie does not count, whatever becomes of the token.
 * @returns undefined where nobody is shown, or what is shown is no good
 * @throws StoreError
 */
export async function authenticate({ authorization, cookie, isUnattended }: Shown, deps: AuthenticateDeps): Promise<Caller | undefined> {
  if (authorization === undefined) return byBrowser(cookie, isUnattended, deps)
  const token = authorization.length > MAX_TOKEN ? undefined : BEARER.exec(authorization)?.[1]
  const person = token === undefined ? undefined : await deps.tokens.person(token)
  return person === undefined ? undefined : byToken(person, deps)
}

async function byBrowser(cookie: string | undefined, isUnattended: boolean, { browserSessions }: AuthenticateDeps): Promise<Caller | undefined> {
  const signIn = await browserSessions.current(cookie, isUnattended)
  return signIn === undefined ? undefined : { signedIn: signIn, id: signIn.person.id, csrf: signIn.csrf }
}

async function byToken(id: PersonId, { people, roles }: AuthenticateDeps): Promise<Caller | undefined> {
  const person = await people.get(id)
  if (person === undefined) return undefined
  const signedIn = { person, ...(await roles.of(person)), signedInAtMs: person.lastSeenAtMs }
  return { signedIn, id, csrf: undefined }
}
