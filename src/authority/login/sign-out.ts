import { CSRF_FIELD } from '../pages/form.ts'
import { onwardPage } from '../pages/onward-page.ts'
import { readForm } from '../pages/read-form.ts'
import { refusedForm, sentByOwnPage, type WebContext } from '../pages/web.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { matchesCsrf } from '../people/csrf.ts'
import { shownPerson } from '../people/shown-person.ts'
import type { LoginDesk } from './login-desk.ts'
import { signOutPage } from './login-pages.ts'

const SIGNED_OUT = '/signed-out'

/** Asks first: a link of somebody else's signs nobody out. */
export async function askSignOut(c: WebContext, desk: LoginDesk): Promise<Response> {
  const signIn = await signedIn(c, desk)
  return signIn === undefined ? c.redirect(SIGNED_OUT, 303) : c.html(signOutPage({ name: shownPerson(signIn.person), csrf: signIn.csrf }))
}

/** Ends the browser's session, here and, where the identity provider has a place for it, there. */
export async function signOut(c: WebContext, desk: LoginDesk): Promise<Response> {
  const { sessions, audit, url } = desk.deps
  const signIn = await signedIn(c, desk)
  if (signIn === undefined) return c.redirect(SIGNED_OUT, 303)
  const form = await readForm(c)
  if (!sentByOwnPage(c, url) || !matchesCsrf(signIn, form?.get(CSRF_FIELD))) return refusedForm(c, '/logout')
  const { setCookie, signOutAt } = await sessions.end(c.req.header('cookie'))
  audit.post({ event: 'admin.signed_out', user: { id: signIn.person.id, name: signIn.person.name }, outcome: 'ok' })
  c.header('Set-Cookie', setCookie)
  return signOutAt === undefined ? c.redirect(SIGNED_OUT, 303) : c.html(onwardPage(signOutAt, 'your identity provider, to sign out there too'))
}

function signedIn(c: WebContext, desk: LoginDesk): Promise<BrowserSignIn | undefined> {
  return desk.deps.sessions.current(c.req.header('cookie'))
}
