import { createHash, randomBytes } from 'node:crypto'
import type { AuditLog } from '../../audit/log.ts'
import type { Clock } from '../../lib/clock.ts'
import type { People, SignIn } from '../../store/ports/people.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import type { Markup } from '../pages/markup.ts'
import { onwardPage } from '../pages/onward-page.ts'
import type { WebContext } from '../pages/web.ts'
import { peerAddress } from '../server/peer-address.ts'
import type { BrowserSessions } from '../people/contract.ts'
import { LOGIN_COOKIE, readCookie, setCookie } from '../people/cookies.ts'
import { admit } from './admit.ts'
import { refusedPage, tooManyPage } from './login-pages.ts'
import { LOGIN_STATE_MS } from './login-states.ts'
import { Throttle } from '../people/throttle.ts'

export interface LoginDeskDependencies {
  /** Our own origin: `https://postern.acme.com`. */
  readonly url: string
  readonly behindProxy: boolean
  readonly sessions: BrowserSessions
  readonly people: Pick<People, 'signIn'>
  readonly shortLived: ShortLived
  readonly audit: AuditLog
  readonly clock: Clock
  /** Told of what broke, for the log. */
  readonly report: (error: unknown) => void
}

/** Sign-ins that one address may begin, and that may fail for it, in a minute. */
const BEGUN_A_MINUTE = 60
const FAILED_A_MINUTE = 20
const MINUTE_MS = 60_000

/** What all ways to sign in have in common: who may try, who is let in, who is not. */
export class LoginDesk {
  readonly deps: LoginDeskDependencies
  readonly #begun: Throttle
  readonly #failed: Throttle

  constructor(deps: LoginDeskDependencies) {
    this.deps = deps
    this.#begun = new Throttle(deps.clock, BEGUN_A_MINUTE, MINUTE_MS)
    this.#failed = new Throttle(deps.clock, FAILED_A_MINUTE, MINUTE_MS)
  }

  /** @returns false where this address has begun too many */
  mayBegin(c: WebContext): boolean {
    return this.#begun.take(peerAddress(c.env.incoming, this.deps.behindProxy))
  }

  /** Lets in whom somebody vouches for, and goes on to where they were. */
  async enter(c: WebContext, signIn: SignIn, idToken: string | undefined, returnTo: string): Promise<Response> {
    const admission = await admit(this.deps, signIn, idToken, c.req.header('cookie'))
    if ('refused' in admission) return c.html(refusedPage(admission.refused, admission.advice), 403)
    c.header('Set-Cookie', admission.setCookie, { append: true })
    // Where it goes on may lead elsewhere at once, which a redirect after a form could not.
    return c.req.method === 'POST' ? c.html(onwardPage(returnTo, 'where you were')) : c.redirect(returnTo, 303)
  }

  /** Not let in, on record; whoever fails again and again waits, and fills no log. */
  refuse(c: WebContext, reason: string, page: Markup, status: 400 | 403): Response | Promise<Response> {
    if (!this.#failed.take(peerAddress(c.env.incoming, this.deps.behindProxy))) return c.html(tooManyPage(), 429)
    this.deps.audit.post({ event: 'admin.sign_in_denied', outcome: 'denied', reason })
    return c.html(page, status)
  }
}

/** The browser's own secret for signing in; a new one where it has none. Kept over tabs, so that two attempts do not undo each other. */
export function browserSecret(c: WebContext): string {
  const value = readCookie(c.req.header('cookie'), LOGIN_COOKIE) ?? randomBytes(32).toString('base64url')
  c.header('Set-Cookie', setCookie(LOGIN_COOKIE, value, LOGIN_STATE_MS / 1000), { append: true })
  return value
}

/** What a form before any session carries: made of a cookie that no other site can read or set. */
export function csrfBeforeSignIn(browser: string): string {
  return createHash('sha256').update(`csrf:${browser}`).digest('base64url')
}
