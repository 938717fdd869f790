import type { Access } from '../model/operation.ts'

/** Something that people worry about, by the operations of the catalogue that do it. */
export interface Power {
  /** Completes "It will not be able to …": `merge pull requests`. */
  readonly words: string
  /** Names of operations; whoever may call one of them has the power. */
  readonly operations: readonly string[]
}

/** An integration's scopes and targets, told to people in plain words. A port: one for each kind of integration. Pure. */
export interface ScopeWords {
  /** `GitHub`. */
  readonly title: string
  /**
   * What an agent can do that holds this scope, as a sentence without its end: `Read pull requests, their reviews and comments`.
   * @param scope canonical; one without words of its own is told by its name
   */
  can(scope: string): string
  access(scope: string): Access
  /** What targets are called: `repository`, `repositories`; and what `**` stands for. */
  readonly targets: { readonly one: string; readonly many: string; readonly everything: string }
  /** From the gravest on. */
  readonly powers: readonly Power[]
}
