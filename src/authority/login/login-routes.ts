import { Hono } from 'hono'
import { formLimit } from '../pages/read-form.ts'
import { returnPath } from '../pages/return-path.ts'
import { whatBroke, withPageHeaders, type WebApp, type WebEnv } from '../pages/web.ts'
import type { DemoPerson } from './demo-person.ts'
import { enterAsDemoAccount, showDemoAccounts } from './demo-sign-in.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { LoginDesk, type LoginDeskDependencies } from './login-desk.ts'
import { signedOutPage, tooManyPage } from './login-pages.ts'
import { ProviderSignIn } from './provider-sign-in.ts'
import type { ClaimsOptions } from './read-claims.ts'
import { askSignOut, signOut } from './sign-out.ts'

export interface LoginDependencies extends LoginDeskDependencies {
  /** How it is known who somebody is. */
  readonly by: { readonly provider: IdentityProvider; readonly claims: ClaimsOptions } | { readonly demoAccounts: readonly DemoPerson[] }
}

/** `/login`, `/login/callback` or `/login/demo`, `/logout`, `/signed-out`. */
export function loginRoutes(deps: LoginDependencies): WebApp {
  const { by } = deps
  const desk = new LoginDesk(deps)
  const app = new Hono<WebEnv>()
  const headers = withPageHeaders({ https: deps.url.startsWith('https:') })
  for (const path of ['/login', '/login/*', '/logout', '/signed-out']) app.use(path, headers)
  app.onError(whatBroke(deps.report))

  const provider = 'provider' in by ? new ProviderSignIn(desk, by.provider, by.claims) : undefined
  app.get('/login', async (c) => {
    const returnTo = returnPath(c.req.query('return'))
    const another = c.req.query('switch') === '1'
    if (!another && await deps.sessions.current(c.req.header('cookie')) !== undefined) return c.redirect(returnTo, 303)
    if (!desk.mayBegin(c)) return c.html(tooManyPage(), 429)
    if ('demoAccounts' in by) return showDemoAccounts(c, by.demoAccounts, returnTo)
    return provider === undefined ? c.notFound() : provider.begin(c, returnTo, another)
  })
  if (provider !== undefined) app.get('/login/callback', (c) => provider.callback(c))
  if ('demoAccounts' in by) app.post('/login/demo', formLimit, (c) => enterAsDemoAccount(c, desk, by.demoAccounts))
  app.get('/logout', (c) => askSignOut(c, desk))
  app.post('/logout', formLimit, (c) => signOut(c, desk))
  app.get('/signed-out', (c) => c.html(signedOutPage()))
  return app
}
