import type { ConsentIntegration } from '../../authority/consent/contract.ts'
import type { IntegrationConfig } from '../../config/config.ts'
import { githubScopeWords } from '../../integrations/github/scope-words.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import { routesScopeWords } from '../../integrations/routes/scope-words.ts'
import { slackScopeWords } from '../../integrations/slack/scope-words.ts'
import { titleOf } from './people-oauth.ts'

/** The words of every integration, for the pages: how a scope is compared, and what it means to a person. */
export function pageIntegrations(configs: readonly IntegrationConfig[], index: IntegrationIndex): ReadonlyMap<string, ConsentIntegration> {
  return new Map(configs.flatMap(({ name, type }) => {
    const vocabulary = index.byName(name)?.vocabulary
    if (vocabulary === undefined) return []
    const words = type === 'github' ? githubScopeWords : type === 'slack' ? slackScopeWords : routesScopeWords(titleOf(name), [...vocabulary.operations()])
    return [[name, { vocabulary, words }] as const]
  }))
}
