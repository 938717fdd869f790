import { createHash, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import type { AuthorityWorld, PersonName } from './authority-world.ts'
import { PEOPLE } from './authority-world.ts'
import { LOOKS } from './looks.ts'

const EXECUTABLE = '/usr/bin/chromium'
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** A Chromium that finds the stand-ins under the names of the real services, and trusts the one key that signed their certificates. */
export async function launchChromium({ upstreams }: Pick<AuthorityWorld, 'upstreams'>): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) throw new Error(`These tests drive a real Chromium, and there is none at ${EXECUTABLE}: install the package "chromium".`)
  const key = new X509Certificate(upstreams.caPem).publicKey.export({ type: 'spki', format: 'der' })
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      ...QUIET,
      `--host-resolver-rules=MAP github.com 127.0.0.1:${upstreams.github.port}`,
      // One key, pinned: every other certificate is judged as always.
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`,
    ],
  })
}

/** One tab of one browser profile, and everything that it complained of. */
export interface Tab {
  readonly page: Page
  /** What the console was told on our own pages: violations of the content security policy, things that are not there. */
  readonly complaints: readonly string[]
}

/** Opens a profile of its own; scripts are off, since our pages have none. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1100, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  // Of another site's page, such as a stand-in's without a picture beside its title, we say nothing.
  page.on('console', (message) => { if (new URL(message.location().url || 'about:blank').hostname !== 'github.com') complaints.push(message.text()) })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { page, complaints }
}

/** Signs in with the button of this person, wherever that page leads then. */
export async function signIn(page: Page, name: PersonName): Promise<void> {
  await page.getByRole('button', { name: new RegExp(PEOPLE[name].name) }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/login'))
}

/** Opens this page of the dashboard as this person, in a profile of its own. */
export async function openAs(browser: Browser, who: PersonName, url: string, look: keyof typeof LOOKS = 'light'): Promise<Tab> {
  const tab = await openTab(browser, { javaScriptEnabled: true, ...LOOKS[look] })
  await tab.page.goto(url)
  await signIn(tab.page, who)
  return tab
}
