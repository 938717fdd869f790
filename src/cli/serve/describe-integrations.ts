import type { IntegrationConfig, McpConfig, RoutesConfig } from '../../config/config.ts'
import { describeGithub } from '../../integrations/github/github.ts'
import { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { Integration } from '../../integrations/integration.ts'
import { mcpIntegration } from '../../integrations/mcp/mcp-integration.ts'
import { routesIntegration } from '../../integrations/routes/routes-integration.ts'
import { describeSlack } from '../../integrations/slack/slack-integration.ts'
import type { Vocabularies } from '../../policy/vocabulary.ts'

/** What the requests of every configured upstream mean. Uses no secret and opens nothing, so that policies can be judged without either. */
export function describeIntegrations(configs: readonly IntegrationConfig[]): IntegrationIndex {
  return new IntegrationIndex(configs.map(describe))
}

/** The words of each integration, as policy wants them. */
export function vocabulariesOf(integrations: Iterable<Integration>): Vocabularies {
  return new Map([...integrations].map(({ name, vocabulary }) => [name, vocabulary]))
}

function describe(config: IntegrationConfig): Integration {
  switch (config.type) {
    case 'github':
      return describeGithub({ name: config.name, api: config.origin, uploads: config.uploadsOrigin, git: config.gitOrigin })
    case 'slack':
      return describeSlack({ name: config.name, origins: { api: config.origin, upload: config.uploadsOrigin }, channels: config.channels })
    case 'routes':
      return describeRoutes(config)
    case 'mcp':
      return describeMcp(config)
  }
}

function describeRoutes({ credential, origin, moreOrigins, ...config }: RoutesConfig): Integration {
  return routesIntegration({
    name: config.name,
    origins: [origin, ...moreOrigins],
    routes: config.routes,
    credential: credential === 'none' ? 'none' : { placement: credential.placement },
    credentialFields: config.credentialFields,
    exactScopes: config.exactScopes,
    foldTargetCase: config.foldTargetCase,
  })
}

function describeMcp({ name, origin, tools, credential }: McpConfig): Integration {
  return mcpIntegration({ name, origin, tools, credential: credential === 'none' ? 'none' : { placement: credential.placement } })
}
