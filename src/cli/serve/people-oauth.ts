import type { GithubConfig, IntegrationConfig, McpConfig, RoutesConfig, SlackConfig } from '../../config/config.ts'
import { githubOauth } from '../../integrations/github/github.ts'
import { oauth2Upstream } from '../../integrations/oauth2/oauth2-upstream.ts'
import { slackUserOauth } from '../../integrations/slack/user-oauth.ts'
import type { UpstreamHttp } from '../../integrations/upstream-http.ts'
import type { UpstreamOauth } from '../../integrations/upstream-oauth.ts'
import type { Clock } from '../../lib/clock.ts'
import type { OwnHttp } from './dial-settings.ts'

export interface PeopleOauthDependencies {
  readonly own: OwnHttp
  readonly clock: Clock
  /** The client of one integration's API. */
  http(integration: string): UpstreamHttp
}

/** How people connect their accounts, at every integration where they can; in the order of the configuration. */
export function peopleOauth(configs: readonly IntegrationConfig[], deps: PeopleOauthDependencies): ReadonlyMap<string, UpstreamOauth> {
  return new Map(configs.flatMap((config) => {
    const oauth = oauthOf(config, deps)
    return oauth === undefined ? [] : [[config.name, oauth] as const]
  }))
}

function oauthOf(config: IntegrationConfig, deps: PeopleOauthDependencies): UpstreamOauth | undefined {
  switch (config.type) {
    case 'github': return ofGithub(config, deps)
    case 'slack': return ofSlack(config, deps)
    case 'routes':
    case 'mcp': return ofDescribed(config, deps)
  }
}

function ofGithub({ name, origin, oauth }: GithubConfig, { own, clock, http }: PeopleOauthDependencies): UpstreamOauth | undefined {
  if (oauth === undefined) return undefined
  const { clientId, clientSecret, site, siteConnect, appSlug } = oauth
  return githubOauth({ api: origin, http: http(name), site, siteHttp: own.client(siteConnect), client: { clientId, clientSecret }, appSlug, clock })
}

function ofSlack({ name, origin, clientId, clientSecret, userScopes }: SlackConfig, { clock, http }: PeopleOauthDependencies): UpstreamOauth | undefined {
  return userScopes === undefined ? undefined : slackUserOauth({ api: origin, clientId, clientSecret, userScopes, http: http(name), clock })
}

function ofDescribed({ name, credential }: RoutesConfig | McpConfig, { own, clock }: PeopleOauthDependencies): UpstreamOauth | undefined {
  if (credential === 'none' || !('oauth' in credential)) return undefined
  const { connect, ...oauth } = credential.oauth
  return oauth2Upstream({ ...oauth, title: titleOf(name), http: own.client(connect), clock })
}

/** `release-planner` is told as `Release planner`. */
export function titleOf(name: string): string {
  const words = name.replace(/[-_]+/g, ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
