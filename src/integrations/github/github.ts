import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Integration, Origin } from '../integration.ts'
import type { Issuer } from '../issuer.ts'
import type { UpstreamHttp } from '../upstream-http.ts'
import type { UpstreamOauth } from '../upstream-oauth.ts'
import { GithubApi } from './api.ts'
import { AppIdentity } from './app-identity.ts'
import { githubCatalogue } from './catalogue.ts'
import { githubDenialAnswer } from './denial-answer.ts'
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
export function describeGithub({ name, api, uploads }: Pick<GithubOptions, 'name' | 'api' | 'uploads'>): Integration {
  return {
    name,
    origins: uploads === undefined || sameOrigin(api, uploads) ? [api] : [api, uploads],
    catalogue: githubCatalogue({
      integration: name,
      apiPrefix: api.basePath,
      uploads: uploads === undefined ? undefined : { host: uploads.host, prefix: uploads.basePath },
    }),
    vocabulary: githubVocabulary,
    denialAnswer: githubDenialAnswer,
    credentialFields: CREDENTIAL_FIELDS,
  }
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

function sameOrigin(one: Origin, other: Origin): boolean {
  return one.scheme === other.scheme && one.host === other.host && one.port === other.port
}

function urlOf(origin: Origin): string {
  return `${origin.scheme}://${origin.host}:${origin.port}${origin.basePath}`
}
