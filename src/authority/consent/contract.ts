import type { Vocabulary } from '../../integrations/integration.ts'
import type { ScopeWords } from '../../integrations/scope-words.ts'
import type { PolicyForecast } from '../../policy/forecast.ts'

/** Looks ahead, so that nobody is asked for what would be refused anyway. Over the policies in force; synchronous. */
export type ConsentForecast = Pick<PolicyForecast, 'preview' | 'lends' | 'delegationBound'>

/** One configured integration, as the consent screen compares and tells its scopes. */
export interface ConsentIntegration {
  readonly vocabulary: Vocabulary
  readonly words: ScopeWords
}
