import type { IncomingMessage, ServerResponse } from 'node:http'
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

/** The OAuth server's side of the page where a person types in what a device shows (RFC 8628). */
export interface DeviceCodes {
  /**
   * Begins the interaction of a device's request in this browser: from then on `Interactions` has it.
   * @param userCode as it was typed
   * @returns the path of its page; undefined where there is no such code, or it is over or was used
   */
  begin(request: IncomingMessage, response: ServerResponse, userCode: string): Promise<string | undefined>
}
