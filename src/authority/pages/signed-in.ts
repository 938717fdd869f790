import type { BrowserSessions, BrowserSignIn } from '../people/contract.ts'
import type { WebContext } from './web.ts'

/** Who is not signed in does that first, and comes back. */
export async function signedIn(
  c: WebContext, sessions: Pick<BrowserSessions, 'current'>, work: (who: BrowserSignIn) => Response | Promise<Response>,
): Promise<Response> {
  const who = await sessions.current(c.req.header('cookie'))
  if (who !== undefined) return work(who)
  const { pathname, search } = new URL(c.req.url)
  return c.redirect(`/login?return=${encodeURIComponent(pathname + search)}`, 303)
}
