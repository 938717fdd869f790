import { chromium, type Browser, type Page } from 'playwright-core'
import type { KeycloakUser } from './realm.ts'

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })
}

/** What `/v1/me` says of the one who is signed in. */
export interface Me {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly roles: readonly string[]
}

/** A person at a real browser, before our pages and Keycloak's. */
export class KeycloakBrowser {
  readonly page: Page
  readonly #origin: string

  constructor(page: Page, origin: string) {
    this.page = page
    this.#origin = origin
  }

  /** Opens a page of ours. @returns its status, of where it ended */
  async open(path: string): Promise<number> {
    const answer = await this.page.goto(new URL(path, this.#origin).href)
    return answer?.status() ?? 0
  }

  /** Fills in Keycloak's own form, and waits for the page that it leads to. */
  async signIn({ username }: Pick<KeycloakUser, 'username'>, password: string): Promise<void> {
    await this.page.locator('#username').fill(username)
    await this.page.locator('#password').fill(password)
    const moved = this.page.waitForEvent('framenavigated')
    await this.page.locator('#kc-login').click()
    await moved
    await this.page.waitForLoadState()
  }

  /** Waits for Keycloak's form, which asks for a password. @throws Error where it does not come */
  async asked(): Promise<void> {
    await this.page.locator('#kc-login').waitFor()
    if (this.page.url().startsWith(this.#origin)) throw new Error('the form is on a page of ours')
  }

  /** Sends Keycloak's form and does not go on to where it leads. @returns where: our callback, with a code */
  async signInWithoutGoingOn({ username }: Pick<KeycloakUser, 'username'>, password: string): Promise<string> {
    const action = await this.page.locator('#kc-form-login').getAttribute('action')
    const answer = await this.page.context().request.post(action ?? '', { form: { username, password }, maxRedirects: 0 })
    return answer.headers()['location'] ?? ''
  }

  heading(): Promise<string> {
    return this.page.locator('h1').first().innerText()
  }

  /** What a person reads. */
  text(): Promise<string> {
    return this.page.locator('body').innerText()
  }

  /** Who our API says is signed in here. */
  async me(): Promise<Me | undefined> {
    const answer = await this.api('/v1/me')
    return answer.status === 200 ? answer.body as Me : undefined
  }

  async api(path: string): Promise<{ readonly status: number, readonly body: unknown }> {
    const answer = await this.page.context().request.get(new URL(path, this.#origin).href)
    return { status: answer.status(), body: await answer.json() }
  }

  /** Ends our own sign-in in this browser without a word to anybody, as time does. */
  async forgetOurs(): Promise<void> {
    await this.page.context().clearCookies({ name: '__Host-postern' })
  }
}
