import type { Markup } from '../pages/markup.ts'
import type { WebContext } from '../pages/web.ts'
import { LOGIN_COOKIE, readCookie } from '../people/cookies.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { browserSecret, type LoginDesk } from './login-desk.ts'
import { declinedPage, providerDownPage, refusedPage, strayCallbackPage, unverifiedPage } from './login-pages.ts'
import { LoginStates, type BegunSignIn } from './login-states.ts'
import { providerTrouble, type ProviderTrouble } from './provider-trouble.ts'
import { readClaims, type ClaimsOptions } from './read-claims.ts'

/** Signing in at an upstream identity provider. */
export class ProviderSignIn {
  readonly #desk: LoginDesk
  readonly #provider: IdentityProvider
  readonly #claims: ClaimsOptions
  readonly #states: LoginStates

  constructor(desk: LoginDesk, provider: IdentityProvider, claims: ClaimsOptions) {
    this.#desk = desk
    this.#provider = provider
    this.#claims = claims
    this.#states = new LoginStates(desk.deps.shortLived, desk.deps.clock)
  }

  /** Sends the browser there. */
  async begin(c: WebContext, returnTo: string, another: boolean): Promise<Response> {
    try {
      const { url, attempt } = await this.#provider.begin(another)
      await this.#states.keep(browserSecret(c), { attempt, returnTo })
      return c.redirect(url, 303)
    } catch (error) {
      if (providerTrouble(error) === undefined) throw error
      this.#desk.deps.report(error)
      return c.html(providerDownPage(returnTo), 503)
    }
  }

  /** Takes its answer: once, in the browser that it was asked from. */
  async callback(c: WebContext): Promise<Response> {
    const browser = readCookie(c.req.header('cookie'), LOGIN_COOKIE)
    const state = c.req.query('state')
    const begun = browser === undefined || state === undefined ? undefined : await this.#states.take(browser, state)
    if (begun === undefined) return this.#desk.refuse(c, 'the state is unknown, used, over, or of another browser', strayCallbackPage(), 400)
    try {
      return await this.#finish(c, begun)
    } catch (error) {
      const trouble = providerTrouble(error)
      if (trouble === undefined) throw error
      return this.#tell(c, trouble, error, begun.returnTo)
    }
  }

  async #finish(c: WebContext, { attempt, returnTo }: BegunSignIn): Promise<Response> {
    // Our own origin and path: what a proxy made of them does not count.
    const callback = new URL(`/login/callback${new URL(c.req.url).search}`, this.#desk.deps.url)
    const { claims, idToken } = await this.#provider.finish(callback, attempt)
    const person = readClaims(claims, this.#claims)
    if ('refused' in person) return this.#desk.refuse(c, person.refused, refusedPage(person.refused, person.advice), 403)
    return this.#desk.enter(c, person, idToken, returnTo)
  }

  #tell(c: WebContext, trouble: ProviderTrouble, error: unknown, returnTo: string): Response | Promise<Response> {
    const { deps } = this.#desk
    const refuse = (reason: string, page: Markup): Response | Promise<Response> => this.#desk.refuse(c, reason, page, 403)
    switch (trouble.kind) {
      case 'down':
        deps.report(error)
        deps.audit.post({ event: 'admin.sign_in_denied', outcome: 'failed', reason: 'the identity provider does not answer' })
        return c.html(providerDownPage(returnTo), 503)
      case 'declined':
        return refuse(`the identity provider answered ${trouble.word}`, declinedPage(returnTo))
      case 'unverified':
        deps.report(error)
        return refuse(`the answer of the identity provider could not be verified (${trouble.code})`, unverifiedPage(returnTo))
    }
  }
}
