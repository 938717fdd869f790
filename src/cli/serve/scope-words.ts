import type { ConsentIntegration } from '../../authority/consent/contract.ts'
import type { IntegrationConfig } from '../../config/config.ts'
import { githubScopeWords } from '../../integrations/github/scope-words.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { Vocabulary } from '../../integrations/integration.ts'
import { mcpScopeWords } from '../../integrations/mcp/scope-words.ts'
import { routesScopeWords } from '../../integrations/routes/scope-words.ts'
import type { ScopeWords } from '../../integrations/scope-words.ts'
import { slackScopeWords } from '../../integrations/slack/scope-words.ts'
import { titleOf } from './people-oauth.ts'

/** The words of every integration, for the pages: how a scope is compared, and what it means to a person. */
export function pageIntegrations(configs: readonly IntegrationConfig[], index: IntegrationIndex): ReadonlyMap<string, ConsentIntegration> {
  return new Map(configs.flatMap(({ name, type }) => {
    const vocabulary = index.byName(name)?.vocabulary
    if (vocabulary === undefined) return []
    return [[name, { vocabulary, words: wordsOf(type, titleOf(name), vocabulary) }] as const]
  }))
}

function wordsOf(type: IntegrationConfig['type'], title: string, vocabulary: Vocabulary): ScopeWords {
  switch (type) {
    case 'github': return githubScopeWords
    case 'slack': return slackScopeWords
    case 'routes': return routesScopeWords(title, [...vocabulary.operations()])
    case 'mcp': return mcpScopeWords(title)
  }
}
