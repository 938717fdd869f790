import type { Browser, BrowserContext, Page } from 'playwright-core'
import { approvedRun, OauthAgent, type AuthorityWorld, type PersonName } from './authority-world.ts'
import { openTab, signIn } from './chromium.ts'
import type { LOOKS } from './looks.ts'

type Look = keyof typeof LOOKS
const ALL: readonly Look[] = ['light', 'dark', 'phone']

/** What stands on the pages, beside times and ids. */
export interface Scene {
  readonly world: AuthorityWorld
  readonly consent: string
  readonly more: string
  readonly approval: string
  readonly deviceCode: string
  /** Browsers' profiles in which somebody is signed in. */
  readonly profiles: ReadonlyMap<PersonName, Profile>
}

type Profile = Awaited<ReturnType<BrowserContext['storageState']>>

/** One page, and how somebody gets there. */
export interface Picture {
  readonly name: string
  readonly looks: readonly Look[]
  readonly who: PersonName | undefined
  readonly open: (page: Page, scene: Scene) => Promise<unknown>
}

const at = (path: string) => (page: Page, { world }: Scene): Promise<unknown> => page.goto(`${world.url}${path}`)
/** A page of the dashboard, once this stands on it. */
const shown = (path: string, text: string) => async (page: Page, { world }: Scene): Promise<void> => {
  await page.goto(`${world.url}${path}`)
  await page.locator('main').getByText(text).first().waitFor()
}
/** A dialog of the dashboard, by the button that opens it. */
const asked = (path: string, button: RegExp) => async (page: Page, { world }: Scene): Promise<void> => {
  await page.goto(`${world.url}${path}`)
  await page.getByRole('button', { name: button }).first().click()
  await page.getByRole('dialog').waitFor()
}

/** Every page that people see, and the dialogs that show most. */
export const PICTURES: readonly Picture[] = [
  { name: 'sign-in', looks: ALL, who: undefined, open: at('/login') },
  { name: 'consent', looks: ALL, who: 'alice', open: (page, { consent }) => page.goto(consent) },
  { name: 'more', looks: ['light'], who: 'alice', open: (page, { more }) => page.goto(more) },
  { name: 'connect', looks: ALL, who: 'alice', open: at('/connect/github') },
  { name: 'my-agents', looks: ALL, who: 'alice', open: shown('/', 'PR Reviewer') },
  { name: 'first-steps', looks: ['light'], who: 'otto', open: shown('/', 'Approve what it asks for') },
  { name: 'narrow', looks: ['light'], who: 'alice', open: asked('/', /^Narrow.*PR Reviewer/) },
  { name: 'revoke', looks: ['light'], who: 'alice', open: asked('/', /^Revoke agent.*PR Reviewer/) },
  { name: 'connections', looks: ALL, who: 'alice', open: shown('/connections', 'alice-chen') },
  { name: 'agents', looks: ALL, who: 'olga', open: shown('/agents', 'PR Reviewer') },
  { name: 'agent', looks: ALL, who: 'olga', open: shown('/agents/pr-reviewer', 'pr-reviewer/review') },
  { name: 'approval', looks: ALL, who: 'alice', open: (page, { approval }) => page.goto(approval) },
  { name: 'approvals', looks: ['light'], who: 'olga', open: at('/approvals') },
  { name: 'audit', looks: ALL, who: 'alice', open: openAudit },
  { name: 'record', looks: ALL, who: 'alice', open: openRecord },
  { name: 'policy', looks: ['light'], who: 'olga', open: openExplained },
  { name: 'device', looks: ALL, who: 'alice', open: openDevice },
]

/** The timeline with its charts drawn. */
async function openAudit(page: Page, { world }: Scene): Promise<void> {
  await page.goto(`${world.url}/audit?agent=pr-reviewer`)
  await page.locator('.tl-body .tl-time').first().waitFor()
  await page.locator('.chart canvas').nth(1).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
}

/** A refused call, with its proof computed. */
async function openRecord(page: Page, scene: Scene): Promise<void> {
  await openAudit(page, scene)
  await page.getByRole('row').filter({ hasText: 'api.denied' }).first().getByRole('link').click()
  await page.locator('.proof-step').nth(4).waitFor()
}

/** A request explained, above the policies. */
async function openExplained(page: Page, { world }: Scene): Promise<void> {
  await page.goto(`${world.url}/policy`)
  await page.getByLabel('Agent', { exact: true }).selectOption('agent:pr-reviewer')
  await page.getByLabel('On behalf of').fill('alice@acme.com')
  await page.getByLabel('Request', { exact: true }).fill('POST https://api.github.com/repos/acme-corp/prod-payments/pulls/3/reviews')
  await page.getByRole('button', { name: 'Explain' }).click()
  await page.getByText('It would be denied').waitFor()
  await page.evaluate('scrollTo(0, 0)')
}

async function openDevice(page: Page, { world, deviceCode }: Scene): Promise<void> {
  await page.goto(`${world.url}/device?user_code=${deviceCode}`)
}

const asking = (details: readonly object[]): Readonly<Record<string, string>> =>
  ({ authorization_details: JSON.stringify(details.map((detail) => ({ type: 'postern', ...detail }))) })

/** Two people, three agents, calls that went out and calls that did not. */
export async function setScene(world: AuthorityWorld, browser: Browser): Promise<Scene> {
  const alice = await (await world.signedIn('alice')).connectGithub('alice-chen')
  const bob = await (await world.signedIn('bob')).connectGithub('bob-diaz')
  await approvedRun(world, bob, 'pr-reviewer', [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/frontend'] }])
  const triage = await approvedRun(world, alice, 'issue-triage', [
    { integration: 'github', scopes: ['issues:read', 'issues:write'], targets: ['acme-corp/*'] }, { integration: 'tickets', scopes: ['comments:create'], targets: ['**'] },
  ])
  const reviewer = await approvedRun(world, alice, 'pr-reviewer', [
    { integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/backend', 'acme-corp/frontend'] }, { integration: 'slack', scopes: ['chat:write'], targets: ['C0CODEREVIEW'] },
  ])
  await call(world, reviewer.access, 'GET', 'backend/pulls/42')
  await call(world, reviewer.access, 'POST', 'backend/pulls/42/reviews', { event: 'COMMENT', body: 'Looks right.' })
  const more = await call(world, reviewer.access, 'GET', 'backend/contents/README.md')
  await call(world, triage.access, 'POST', 'backend/issues/1/comments', { body: 'Thanks for the report.' })
  const approval = await call(world, triage.access, 'PUT', 'backend/issues/1/lock', {})
  const agent = new OauthAgent(world.url, 'pr-reviewer')
  const device = await agent.post('/oauth2/device', asking([{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }]))
  const consent = agent.authorizationUrl(asking([
    { integration: 'github', scopes: ['pulls:read', 'pulls:write', 'contents:read', 'administration:write'], targets: ['acme-corp/backend', 'acme-corp/frontend'] },
    { integration: 'slack', scopes: ['chat:write'], targets: ['C0CODEREVIEW'] },
  ]))
  const profiles = new Map<PersonName, Profile>()
  for (const name of ['alice', 'olga', 'otto', 'ada'] as const) profiles.set(name, await profileOf(world, browser, name))
  return { world, consent, more, approval, deviceCode: String(device.body['user_code']), profiles }
}

async function profileOf(world: AuthorityWorld, browser: Browser, name: PersonName): Promise<Profile> {
  const { page } = await openTab(browser)
  await page.goto(`${world.url}/login`)
  await signIn(page, name)
  const profile = await page.context().storageState()
  await page.context().close()
  return profile
}

/** @returns the link of the answer, where it was refused */
async function call(world: AuthorityWorld, token: string, method: string, path: string, body?: object): Promise<string> {
  const answer = await fetch(`${world.baseUrl('github')}/repos/acme-corp/${path}`, {
    method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const { documentation_url: link } = await answer.json() as { documentation_url?: string }
  return link ?? ''
}
