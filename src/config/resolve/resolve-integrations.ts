import type { YamlPath } from '../../lib/yaml-document.ts'
import type { DescribedCredential, GithubConfig, IntegrationConfig, McpConfig, RoutesConfig, SlackConfig } from '../config.ts'
import { githubUploads } from '../github-uploads.ts'
import type { References } from '../references.ts'
import type { ConfigText, IntegrationText } from '../schema/config-schema.ts'
import { resolveConnect } from './resolve-connect.ts'

type OfType<Type extends IntegrationText['type']> = Extract<IntegrationText, { readonly type: Type }>

/** The `integrations` section with its secrets read, in the order of the file. */
export async function resolveIntegrations(integrations: ConfigText['integrations'], references: References): Promise<readonly IntegrationConfig[]> {
  const resolved: IntegrationConfig[] = []
  for (const [name, integration] of Object.entries(integrations)) resolved.push(await resolveOne(name, integration, references))
  return resolved
}

function resolveOne(name: string, integration: IntegrationText, references: References): Promise<IntegrationConfig> {
  const at = ['integrations', name]
  switch (integration.type) {
    case 'github': return resolveGithub(name, integration, at, references)
    case 'slack': return resolveSlack(name, integration, at, references)
    case 'routes': return resolveRoutes(name, integration, at, references)
    case 'mcp': return resolveMcp(name, integration, at, references)
  }
}

async function resolveGithub(name: string, github: OfType<'github'>, at: YamlPath, references: References): Promise<GithubConfig> {
  return {
    type: 'github', name, origin: github.origin,
    uploadsOrigin: githubUploads(github.origin, github.uploads_origin),
    gitOrigin: github.git_origin,
    connect: await resolveConnect(github.connect, [...at, 'connect'], references),
    app: {
      id: github.app.id,
      privateKey: await references.secret(github.app.private_key, [...at, 'app', 'private_key']),
      installationId: github.app.installation,
    },
    oauth: github.oauth === undefined ? undefined : await resolveGithubOauth(github.oauth, github.connect, [...at, 'oauth'], references),
  }
}

async function resolveGithubOauth(
  oauth: NonNullable<OfType<'github'>['oauth']>, connect: OfType<'github'>['connect'], at: YamlPath, references: References,
): Promise<GithubConfig['oauth']> {
  return {
    clientId: oauth.client_id,
    clientSecret: await references.secret(oauth.client_secret, [...at, 'client_secret']),
    site: oauth.site,
    appSlug: oauth.app_slug,
    siteConnect: await resolveConnect(oauth.site_connect ?? connect, [...at, 'site_connect'], references),
  }
}

async function resolveSlack(name: string, slack: OfType<'slack'>, at: YamlPath, references: References): Promise<SlackConfig> {
  const { access, refresh } = slack.tokens
  return {
    type: 'slack', name, origin: slack.origin, uploadsOrigin: slack.uploads_origin,
    connect: await resolveConnect(slack.connect, [...at, 'connect'], references),
    clientId: slack.client_id,
    clientSecret: await references.secret(slack.client_secret, [...at, 'client_secret']),
    tokens: {
      access: access === undefined ? undefined : await references.secret(access, [...at, 'tokens', 'access']),
      refresh: refresh === undefined ? undefined : await references.secret(refresh, [...at, 'tokens', 'refresh']),
    },
    userScopes: slack.user_scopes,
    channels: new Map(Object.entries(slack.channels).map(([channel, id]) => [channel.slice(1).toLowerCase(), id])),
  }
}

async function resolveRoutes(name: string, routes: OfType<'routes'>, at: YamlPath, references: References): Promise<RoutesConfig> {
  return {
    type: 'routes', name, origin: routes.origin, moreOrigins: routes.more_origins,
    connect: await resolveConnect(routes.connect, [...at, 'connect'], references),
    credential: await resolveCredential(routes, at, references),
    credentialFields: routes.credential_fields,
    exactScopes: routes.exact_scopes,
    foldTargetCase: routes.fold_target_case,
    routes: routes.routes,
  }
}

async function resolveMcp(name: string, mcp: OfType<'mcp'>, at: YamlPath, references: References): Promise<McpConfig> {
  return {
    type: 'mcp', name, origin: mcp.origin,
    connect: await resolveConnect(mcp.connect, [...at, 'connect'], references),
    credential: await resolveCredential(mcp, at, references),
    tools: mcp.tools,
  }
}

async function resolveCredential({ credential, connect }: OfType<'routes' | 'mcp'>, at: YamlPath, references: References): Promise<DescribedCredential> {
  if (credential === 'none') return 'none'
  const { placement } = credential
  if ('secret' in credential) return { secret: await references.placedSecret(credential.secret, [...at, 'credential', 'secret']), placement }
  const { oauth } = credential
  const where = [...at, 'credential', 'oauth']
  return {
    placement,
    oauth: {
      authorizeUrl: oauth.authorize_url,
      tokenUrl: oauth.token_url,
      revokeUrl: oauth.revoke_url,
      issuer: oauth.issuer,
      clientId: oauth.client_id,
      clientSecret: oauth.client_secret === undefined ? undefined : await references.secret(oauth.client_secret, [...where, 'client_secret']),
      clientAuthentication: oauth.client_authentication,
      scopes: oauth.scopes,
      scopeSeparator: oauth.scope_separator,
      pkce: oauth.pkce,
      connect: await resolveConnect(oauth.connect ?? connect, [...where, 'connect'], references),
    },
  }
}
