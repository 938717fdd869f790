import type { CertifiedKey } from '../../lib/certificates.ts'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { Canaries } from '../server/canaries.ts'
import { startStandIn, type StandInServer } from '../server/stand-in-server.ts'
import { registerApp, type AppRegistration, type Installation } from './app-registration.ts'
import { answerArchive, isArchiveHost } from './archive-host.ts'
import { InstallationTokens } from './installation-tokens.ts'
import type { Permissions } from './permissions.ts'
import { respond } from './respond.ts'
import { appRoutes } from './routes/app-routes.ts'
import { commentRoutes } from './routes/comment-routes.ts'
import { contentRoutes } from './routes/content-routes.ts'
import { issueRoutes } from './routes/issue-routes.ts'
import { metaRoutes } from './routes/meta-routes.ts'
import { pullRoutes } from './routes/pull-routes.ts'
import { repositoryRoutes } from './routes/repository-routes.ts'
import { reviewRoutes } from './routes/review-routes.ts'
import { accounts, seedRepositories } from './seed.ts'
import { grantsOf, type GithubGrants, type GithubWorld } from './world.ts'

const ROUTES = [
  ...appRoutes,
  ...metaRoutes,
  ...pullRoutes,
  ...reviewRoutes,
  ...issueRoutes,
  ...commentRoutes,
  ...contentRoutes,
  ...repositoryRoutes,
]

const NAMES = ['localhost', 'api.github.com', 'uploads.github.com', 'codeload.github.com', 'codeload.localhost']
const APP_PERMISSIONS: Permissions = { contents: 'write', issues: 'write', pull_requests: 'write', workflows: 'write', metadata: 'read' }
const APP = { id: 4711, clientId: 'Iv23liPosternDemo', slug: 'postern-demo', name: 'Postern Demo', permissions: APP_PERMISSIONS }
const FIRST_NEW_ID = 5_000_000

export interface GithubOptions {
  /** 0 or absent for any. */
  readonly port?: number
  readonly clock?: Clock
  /** Signs the server's certificate; absent for an authority of its own. */
  readonly ca?: CertifiedKey
  /** Requests an hour that a token may make; absent for headers that tell 5000, and no enforcement. */
  readonly rateLimit?: number
}

/** A GitHub of one's own: its API on TLS, an app with three installations, repositories with state. */
export interface Github extends StandInServer<GithubGrants> {
  readonly app: AppRegistration
  /** `suspended` may be switched. */
  readonly installations: readonly Installation[]
  /** What the tokens may that would be accepted now. */
  liveTokens(): readonly GithubGrants[]
  /** Ends every installation token. */
  revokeAll(): void
  /** Every token ever issued, the app's key, and every app JWT that was accepted. */
  canaries(): readonly string[]
}

/** Starts a stand-in for GitHub. @see https://docs.github.com/rest for what it stands in for */
export async function startGithub(options: GithubOptions = {}): Promise<Github> {
  const world = await makeWorld(options)
  const server = await startStandIn<GithubGrants>({
    port: options.port,
    ca: options.ca,
    clock: world.clock,
    names: NAMES,
    respond: (call) => (isArchiveHost(call.hostname) ? answerArchive(call) : respond(call, ROUTES, world)),
  })
  return {
    ...server,
    app: world.app,
    installations: world.installations,
    liveTokens: () => world.tokens.live().map((token) => grantsOf(world, token)),
    revokeAll: () => world.tokens.revokeAll(),
    canaries: () => world.canaries.values(),
  }
}

async function makeWorld(options: GithubOptions): Promise<GithubWorld> {
  const clock = options.clock ?? systemClock
  const canaries = new Canaries()
  const app = await registerApp(APP)
  canaries.addPem(app.privateKeyPem)
  let lastId = FIRST_NEW_ID
  return {
    clock,
    canaries,
    app,
    installations: makeInstallations(),
    tokens: new InstallationTokens(app.id, clock, canaries),
    repositories: seedRepositories(clock.nowMs()),
    rateLimit: options.rateLimit,
    nextId: () => (lastId += 1),
  }
}

/** The second company granted less than the app asks for. */
function makeInstallations(): readonly Installation[] {
  return [
    { id: 81_001, account: accounts.acme, repositoryIds: [1001, 1002, 1003, 1004], permissions: APP_PERMISSIONS, suspended: false },
    { id: 81_002, account: accounts.other, repositoryIds: [2001], permissions: { issues: 'read', metadata: 'read' }, suspended: false },
    { id: 81_003, account: accounts.alice, repositoryIds: [3001], permissions: { contents: 'read', metadata: 'read' }, suspended: false },
  ]
}
