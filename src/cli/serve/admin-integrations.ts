import type { AdminIntegration, AdminIntegrations } from '../../authority/admin/integrations/admin-integration.ts'
import type { ConsentIntegration } from '../../authority/consent/contract.ts'
import type { IntegrationConfig, McpConfig, RoutesConfig } from '../../config/config.ts'
import { slackUserScope } from '../../integrations/slack/user-scope.ts'
import type { UpstreamOauth } from '../../integrations/upstream-oauth.ts'

/** Every configured integration as the API tells of it. */
export function adminIntegrations(
  configs: readonly IntegrationConfig[], words: ReadonlyMap<string, ConsentIntegration>, oauth: ReadonlyMap<string, Pick<UpstreamOauth, 'scopes'>>,
): AdminIntegrations {
  return new Map(configs.flatMap((config) => {
    const { name, type } = config
    const known = words.get(name)
    if (known === undefined) return []
    const connect = oauth.get(name)
    const facts = { name, type, title: known.words.title, connectable: connect !== undefined, wanted: connect?.scopes ?? [], ...known, ...factsOf(config) }
    return [[name, facts] as const]
  }))
}

type Facts = Pick<AdminIntegration, 'authority' | 'grantedAs' | 'scopesNote'>

const asItIs = (scope: string): string => scope

function factsOf(config: IntegrationConfig): Facts {
  switch (config.type) {
    case 'github': return {
      authority: config.oauth === undefined ? 'organisation' : 'both', grantedAs: asItIs,
      scopesNote: 'GitHub’s user tokens have no scopes of their own: they can do what the App, its installation and the person may, all three.',
    }
    case 'slack': return { authority: config.userScopes === undefined ? 'organisation' : 'both', grantedAs: slackUserScope, scopesNote: undefined }
    case 'routes':
    case 'mcp': return { grantedAs: asItIs, ...describedFacts(config) }
  }
}

function describedFacts({ type, credential }: RoutesConfig | McpConfig): Pick<Facts, 'authority' | 'scopesNote'> {
  if (credential === 'none') return { authority: 'none', scopesNote: 'This upstream takes no credential.' }
  if ('secret' in credential) return { authority: 'organisation', scopesNote: 'The organisation’s one credential serves here, and nobody connects an account.' }
  if (type === 'mcp') return { authority: 'person', scopesNote: 'What tools may be called is policy’s to say: an MCP server grants no scopes in the words of policy.' }
  const scopesNote = credential.oauth.scopes.length > 0 ? undefined : 'The upstream is asked for no scopes: those of policy are words of this configuration’s own.'
  return { authority: 'person', scopesNote }
}
