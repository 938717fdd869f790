import type { BrowserSignIn } from '../people/contract.ts'
import { errorPage } from '../pages/error-page.ts'
import type { WebContext } from '../pages/web.ts'
import { frame } from './frame.ts'

/** What one may not see looks like what does not exist. */
export function missingPage(c: WebContext, who: BrowserSignIn): Response | Promise<Response> {
  return c.html(errorPage({
    title: 'There is no such thing', text: 'It does not exist, or it is not yours.', next: [{ href: '/', label: 'Go to your agents' }],
    account: frame(who).account,
  }), 404)
}
