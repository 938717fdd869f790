import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import type { CanonicalRequest } from '../../http/request.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { Catalogue, Integration, Match, Origin } from '../integration.ts'
import type { Issuer } from '../issuer.ts'
import type { UpstreamHttp } from '../upstream-http.ts'
import type { UpstreamOauth } from '../upstream-oauth.ts'
import { GithubApi } from './api.ts'
import { AppIdentity } from './app-identity.ts'
import { githubCatalogue } from './catalogue.ts'
import { githubDenialAnswer } from './denial-answer.ts'
import { gitCatalogue } from './git/git-catalogue.ts'
import { denialForGit, gitHost, isSameOrigin, type GitHost } from './git/git-host.ts'
import { isMeantForGit } from './git/git-path.ts'
import { denialForGraphql } from './graphql/denial-answer.ts'
import { githubIssuer } from './issuer.ts'
import type { GithubPersonOptions } from './person-issuer.ts'
import { githubUserOauth, type GithubUserOauthOptions } from './user-oauth.ts'
import { githubVocabulary } from './vocabulary.ts'

/** A GitHub integration as it is configured. */
export interface GithubOptions {
  readonly name: string
  /** The API: `https://api.github.com`, or an Enterprise Server's with `basePath: '/api/v3'`. */
  readonly api: Origin
  /** Where release assets go: `https://uploads.github.com`, or an Enterprise Server's with `basePath: '/api/uploads'`. */
  readonly uploads: Origin | undefined
  /** Where git clones from: `https://github.com`, or the Enterprise Server itself; undefined where git is not served. */
  readonly git?: Origin | undefined
  readonly app: {
    /** The app's id or client id. */
    readonly id: string
    readonly privateKey: Secret
    /** Undefined: looked up by the owner of each target. */
    readonly installationId: number | undefined
  }
  /** The people's side; undefined where only the organisation's authority serves. */
  readonly people?: GithubPersonOptions | undefined
  readonly http: UpstreamHttp
  readonly clock: Clock
}

/** The App's own OAuth as it is configured. */
export interface GithubOauthOptions extends Pick<GithubOptions, 'api' | 'http' | 'clock'>, Omit<GithubUserOauthOptions, 'api' | 'site'> {
  /** `https://github.com`. */
  readonly site: Origin
}

/** Names under which GitHub itself, or a library for it, takes a credential outside the header. */
const CREDENTIAL_FIELDS: readonly string[] = ['access_token', 'token', 'oauth_token', 'client_secret']

/** What requests to GitHub mean; needs no secret. */
export function describeGithub({ name, api, uploads, git }: Pick<GithubOptions, 'name' | 'api' | 'uploads' | 'git'>): Integration {
  const ofApi = uploads === undefined || isSameOrigin(api, uploads) ? [api] : [api, uploads]
  const host = git === undefined ? undefined : gitHost(git, uploads === undefined ? [api] : [api, uploads])
  const origins = git === undefined ? ofApi : withGitOrigin(ofApi, git)
  const rest = githubCatalogue({
    integration: name,
    apiPrefix: api.basePath,
    uploads: uploads === undefined ? undefined : { host: uploads.host, prefix: uploads.basePath },
  })
  return {
    name,
    origins,
    catalogue: host === undefined ? withoutGit(rest) : withGit(rest, gitCatalogue(name), host),
    vocabulary: githubVocabulary,
    denialAnswer: (view, request) => denialForGit(view, request, host, origins) ?? denialForGraphql(view, request) ?? githubDenialAnswer(view),
    credentialFields: CREDENTIAL_FIELDS,
    ...(git !== undefined && { reverseOrigin: (method: string, path: string) => (isMeantForGit(method, path) ? git : undefined) }),
    // The site beside git has no operations, and no token is sent to it.
    ...(host !== undefined && { mayDeclare: (request: CanonicalRequest) => !host.serves(request) }),
  }
}

/** The libcurl that git uses on Debian 12 (7.88, GnuTLS) at times stalls in a large push over HTTP/2, whoever the server is. */
function withGitOrigin(ofApi: readonly Origin[], git: Origin): readonly Origin[] {
  if (!ofApi.some((origin) => isSameOrigin(origin, git))) return [...ofApi, { ...git, http2: false }]
  return ofApi.map((origin) => (isSameOrigin(origin, git) ? { ...origin, http2: false } : origin))
}

function withGit(rest: Catalogue, git: Catalogue, host: GitHost): Catalogue {
  return { match: (request) => (host.serves(request) ? git : rest).match(request) }
}

/** In reverse mode git comes to the API's origin where it has none of its own: it is told what is missing. */
function withoutGit(rest: Catalogue): Catalogue {
  return { match: (request) => told(rest.match(request), request) }
}

function told(match: Match | Denial, request: CanonicalRequest): Match | Denial {
  if (!isDenial(match) || match.denial !== 'operation_unknown' || !isMeantForGit(request.method, request.path)) return match
  const hint = 'git over HTTPS is served once the integration has a git_origin.'
  return deny('operation_unknown', 'git over HTTPS, which is not configured', { hint })
}

/**
 * Where credentials for GitHub come from: the GitHub App, and the people who authorised it.
 * @throws TypeError where the private key cannot be used
 */
export function githubAppIssuer({ api, app, clock, http, people }: GithubOptions): Issuer {
  return githubIssuer({
    api: new GithubApi({ url: urlOf(api), http }),
    app: new AppIdentity(app, clock),
    clock,
    installationId: app.installationId,
    people,
  })
}

/** How people connect their accounts at GitHub; `http` dials the API. */
export function githubOauth(options: GithubOauthOptions): UpstreamOauth {
  const { api, http, site, ...rest } = options
  return githubUserOauth({ ...rest, site: urlOf(site), api: new GithubApi({ url: urlOf(api), http }) })
}

/**
 * GitHub by its REST API and a GitHub App: both sides of it.
 * @throws TypeError where the private key cannot be used
 */
export function githubIntegration(options: GithubOptions): { readonly integration: Integration; readonly issuer: Issuer } {
  return { integration: describeGithub(options), issuer: githubAppIssuer(options) }
}

function urlOf(origin: Origin): string {
  return `${origin.scheme}://${origin.host}:${origin.port}${origin.basePath}`
}
