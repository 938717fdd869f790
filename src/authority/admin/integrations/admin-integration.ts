import type { Vocabulary } from '../../../integrations/integration.ts'
import type { ScopeWords } from '../../../integrations/scope-words.ts'

/** One configured integration, as the API tells of it. */
export interface AdminIntegration {
  readonly name: string
  /** `GitHub`. */
  readonly title: string
  /** As the configuration says it: `github`, `slack`, `routes`. */
  readonly type: string
  /** Whether people connect accounts of their own. */
  readonly connectable: boolean
  /** Where its credentials can come from. */
  readonly authority: 'person' | 'organisation' | 'both' | 'none'
  readonly vocabulary: Vocabulary
  readonly words: ScopeWords
  /** What a person is asked for when they connect it; empty where the upstream's own settings say it. */
  readonly wanted: readonly string[]
  /** How the upstream calls a scope of policy where it grants it to a person: mostly alike. */
  grantedAs(scope: string): string
  /** Why it cannot be told what a person's connection was granted, in one sentence; undefined where the upstream tells it in the words of policy. */
  readonly scopesNote: string | undefined
}

export type AdminIntegrations = ReadonlyMap<string, AdminIntegration>
