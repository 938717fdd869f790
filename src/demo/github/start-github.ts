import type { CertifiedKey } from '../../lib/certificates.ts'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { randomBytes } from 'node:crypto'
import { Authorizations } from '../server/authorizations.ts'
import { Canaries } from '../server/canaries.ts'
import type { Hold } from '../server/faults.ts'
import { startStandIn, type StandInServer } from '../server/stand-in-server.ts'
import { registerApp, type AppRegistration, type Installation } from './app-registration.ts'
import { answerArchive, isArchiveHost } from './archive-host.ts'
import { GitHolds } from './git/git-holds.ts'
import { GitRepositories } from './git/git-repositories.ts'
import { answerGit, isGitCall } from './git/git-site.ts'
import { InstallationTokens } from './installation-tokens.ts'
import type { Permissions } from './permissions.ts'
import { graphqlRoutes } from './graphql/graphql-route.ts'
import { respond } from './respond.ts'
import { appRoutes } from './routes/app-routes.ts'
import { commentRoutes } from './routes/comment-routes.ts'
import { contentRoutes } from './routes/content-routes.ts'
import { issueRoutes } from './routes/issue-routes.ts'
import { metaRoutes } from './routes/meta-routes.ts'
import { pullRoutes } from './routes/pull-routes.ts'
import { repositoryRoutes } from './routes/repository-routes.ts'
import { reviewRoutes } from './routes/review-routes.ts'
import { userRoutes } from './routes/user-routes.ts'
import { accounts, seedRepositories } from './seed.ts'
import { answerSite, isSiteCall } from './site.ts'
import { UserTokens } from './user-tokens.ts'
import { fullName, grantsOf, userGrants, type GithubGrants, type GithubWorld } from './world.ts'

const ROUTES = [
  ...appRoutes,
  ...metaRoutes,
  ...userRoutes,
  ...pullRoutes,
  ...reviewRoutes,
  ...issueRoutes,
  ...commentRoutes,
  ...contentRoutes,
  ...repositoryRoutes,
  ...graphqlRoutes,
]

const SITE_NAME = 'github.localhost'
const NAMES = ['localhost', SITE_NAME, 'github.com', 'api.github.com', 'uploads.github.com', 'codeload.github.com', 'codeload.localhost']
const APP_PERMISSIONS: Permissions = { contents: 'write', issues: 'write', pull_requests: 'write', workflows: 'write', metadata: 'read' }
const APP = { id: 4711, clientId: 'Iv23liPosternDemo', slug: 'postern-demo', name: 'Postern Demo', permissions: APP_PERMISSIONS }
const FIRST_NEW_ID = 5_000_000

export interface GithubOptions {
  /** 0 or absent for any. */
  readonly port?: number
  readonly clock?: Clock
  /** Signs the server's certificate; absent for an authority of its own. */
  readonly ca?: CertifiedKey
  /** Its site also without TLS: for browsers on this machine. */
  readonly plaintext?: boolean
  /** Requests an hour that a token may make; absent for headers that tell 5000, and no enforcement. */
  readonly rateLimit?: number
}

/** A GitHub of one's own: its API on TLS, an app with three installations, repositories with state. */
export interface Github extends StandInServer<GithubGrants> {
  readonly app: AppRegistration
  /** `suspended` may be switched. */
  readonly installations: readonly Installation[]
  /** The app as people authorise it; the site is at the same origin as the API. */
  readonly oauth: GithubOauth
  /** Clone, fetch and push, at the same origin too. */
  readonly git: GithubGit
  /** What the tokens may that would be accepted now. */
  liveTokens(): readonly GithubGrants[]
  /** Ends every installation token. */
  revokeAll(): void
  /** Every token ever issued, the app's key, and every app JWT that was accepted. */
  canaries(): readonly string[]
}

/** The repositories as git serves them. */
export interface GithubGit {
  /** The bare repository of `acme-corp/backend`, to look into and to fill. @throws TypeError where there is none of this name */
  folder(fullName: string): Promise<string>
  /** The next pack that is fetched stops once so many bytes of it have gone. */
  holdNext(afterBytes: number): Hold
}

/** The switches of the app's OAuth settings, and what became of its users. */
export interface GithubOauth {
  readonly clientId: string
  readonly clientSecret: string
  /** Exact; none for anywhere. */
  callbackUrls(urls: readonly string[]): void
  setupUrl(url: string): void
  /** "Expire user authorization tokens". */
  expireTokens(expire: boolean): void
  /** Older Enterprise Servers cannot narrow a user's token. */
  narrowTokens(narrow: boolean): void
  /** What the users' tokens may that would be accepted now, and whose they are. */
  liveTokens(): readonly (GithubGrants & { readonly login: string; readonly narrowed: boolean })[]
  /** The person ends the app's authorisation in their own settings. */
  revokeGrant(login: string): void
}

/** Starts a stand-in for GitHub. @see https://docs.github.com/rest for what it stands in for */
export async function startGithub(options: GithubOptions = {}): Promise<Github> {
  const world = await makeWorld(options)
  const server = await startStandIn<GithubGrants>({
    port: options.port,
    ca: options.ca,
    clock: world.clock,
    names: NAMES,
    // A name of its own: browsers send cookies to all ports of a name.
    plaintextName: options.plaintext === true ? SITE_NAME : undefined,
    streams: isGitCall,
    respond: (call) => {
      if (isArchiveHost(call.hostname)) return answerArchive(call)
      if (isGitCall(call)) return answerGit(call, world)
      return isSiteCall(call) ? answerSite(call, world) : respond(call, ROUTES, world)
    },
  })
  return {
    ...server,
    app: world.app,
    installations: world.installations,
    oauth: oauthOf(world),
    git: gitOf(world),
    liveTokens: () => world.tokens.live().map((token) => grantsOf(world, token)),
    revokeAll: () => world.tokens.revokeAll(),
    canaries: () => world.canaries.values(),
    close: async () => {
      await server.close()
      await world.git.close()
    },
  }
}

function gitOf(world: GithubWorld): GithubGit {
  return {
    folder: (name) => {
      const repository = world.repositories.find((one) => fullName(one) === name)
      if (repository === undefined) throw new TypeError(`there is no repository ${name}`)
      return world.git.folderOf(repository)
    },
    holdNext: (afterBytes) => world.gitHolds.holdNext(afterBytes),
  }
}

function oauthOf(world: GithubWorld): GithubOauth {
  return {
    clientId: world.app.clientId,
    clientSecret: world.oauth.clientSecret,
    callbackUrls: (urls) => { world.oauth.callbackUrls = urls },
    setupUrl: (url) => { world.setupUrl = url },
    expireTokens: (expire) => { world.users.expire = expire },
    narrowTokens: (narrow) => { world.narrowsUserTokens = narrow },
    liveTokens: () => world.users.live().map((token) => ({ ...userGrants(world, token), login: token.account.login, narrowed: token.scope !== undefined })),
    revokeGrant: (login) => {
      const account = Object.values(accounts).find((one) => one.login === login)
      if (account !== undefined) world.users.revokeGrant(account)
    },
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
    users: new UserTokens(clock, canaries),
    authorizations: new Authorizations(clock),
    oauth: { clientSecret: canaries.add(randomBytes(20).toString('hex')), callbackUrls: [] },
    narrowsUserTokens: true,
    setupUrl: undefined,
    repositories: seedRepositories(clock.nowMs()),
    git: new GitRepositories(),
    gitHolds: new GitHolds(),
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
