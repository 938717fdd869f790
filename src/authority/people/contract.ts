import type { Person } from '../../store/ports/people.ts'

/** `person`: their own delegations and connections. `auditor`: reads everything. `operator`: changes what concerns everybody. */
export type Role = 'person' | 'operator' | 'auditor'

/** Who is signed in, in this browser or on this command line. */
export interface SignedIn {
  readonly person: Person
  /** `person` always; the others by configuration, read at each request. */
  readonly roles: readonly Role[]
  /** Whether `operator` is lent for a while (break-glass): each use is on record. */
  readonly breakGlass: boolean
  /** Wall clock. */
  readonly signedInAtMs: number
}

/** A signed-in browser. */
export interface BrowserSignIn extends SignedIn {
  /** To be sent back by each form, or by the `Postern-Csrf` header; checked with `matchesCsrf`. */
  readonly csrf: string
}

/** The browsers' sessions, by their `__Host-` cookie. */
export interface BrowserSessions {
  /**
   * @param cookieHeader the request's `Cookie`
   * @param isUnattended nobody did anything: a page that keeps itself fresh does not keep a session alive
   */
  current(cookieHeader: string | undefined, isUnattended?: boolean): Promise<BrowserSignIn | undefined>
  /** @returns the value of `Set-Cookie`; a new name, so that a planted cookie is worth nothing */
  start(person: Person, idToken: string | undefined): Promise<string>
  /** @returns the value of `Set-Cookie` that forgets it, and where the identity provider wants the person to sign out */
  end(cookieHeader: string | undefined): Promise<{ readonly setCookie: string; readonly signOutAt: string | undefined }>
}

/** What somebody may do. */
export interface Roles {
  /** Of configuration and of running break-glass approvals. */
  of(person: Person): Promise<Pick<SignedIn, 'roles' | 'breakGlass'>>
}
