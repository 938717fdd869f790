import type { Vocabulary } from '../../integrations/integration.ts'
import type { ScopeWords } from '../../integrations/scope-words.ts'
import type { ForecastParty, PolicyForecast } from '../../policy/forecast.ts'

/** Looks ahead, so that nobody is asked for what would be refused anyway. Over the policies in force; synchronous. */
export type ConsentForecast = Pick<PolicyForecast, 'preview' | 'delegationBound'> & {
  /** Whether org policy lends the organisation's authority for this integration: then no connection of the person's is needed. */
  lendsOrganisation(party: ForecastParty, integration: string): boolean
}

/** One configured integration, as the consent screen compares and tells its scopes. */
export interface ConsentIntegration {
  readonly vocabulary: Vocabulary
  readonly words: ScopeWords
}
