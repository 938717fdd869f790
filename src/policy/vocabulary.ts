import type { Access } from '../model/operation.ts'

/**
 * What policy has to know of an integration's words, so that rules are checked at load and compared canonically.
 * A port: every integration's own vocabulary is one. Pure.
 */
export interface PolicyVocabulary {
  /** @returns the canonical name, or undefined where there is no such scope */
  canonicalScope(text: string): string | undefined
  /** Whether holding `granted` suffices for `needed`; both canonical. */
  covers(granted: string, needed: string): boolean
  /** The form in which targets and target globs are compared. */
  canonicalTarget(text: string): string
  /** Whether some request could act on a target of this text or glob; where absent, on every one. */
  possibleTarget?(text: string): boolean
  operations(): Iterable<PolicyOperationFacts>
}

export interface PolicyOperationFacts {
  readonly name: string
  readonly access: Access
  readonly alternatives: readonly (readonly string[])[]
}

/** The words of every configured integration, by its name in the configuration. */
export type Vocabularies = ReadonlyMap<string, PolicyVocabulary>
