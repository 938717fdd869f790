import type { ScopeWords } from '../../integrations/scope-words.ts'
import type { ConnectionId } from '../../model/ids.ts'
import type { Access } from '../../model/operation.ts'
import type { Connection } from '../../store/ports/connections.ts'
import type { AccessRequest } from '../oauth/contract.ts'

/** At which level a scope can be approved: as it was asked for, or its read access alone. */
export type Level = 'asked' | 'read'

/** One scope, as it is put to the person. */
export interface ScopeOffer {
  /** Names it in the form; of this page alone. */
  readonly key: string
  /** As it was sent. */
  readonly scope: string
  /** What is approved at each level that can be; none for a scope that is refused, or held already. */
  readonly levels: Readonly<Partial<Record<Level, string>>>
  readonly words: string
  readonly access: Access
  readonly state: 'open' | 'refused' | 'held'
  /** Why it is refused, why not at the level that was asked for, or that each use waits for an approval. */
  readonly remark: string | undefined
  /** Connections that were not granted this by the upstream: the agent would not have it through them. */
  readonly lackedBy: readonly ConnectionId[]
}

/** Scopes that were asked for on the same targets. */
export interface PartOffer {
  readonly key: string
  readonly targets: readonly string[]
  readonly scopes: readonly ScopeOffer[]
}

/** By whose access the agent acts at an integration. */
export type ConnectionOffer =
  | { readonly kind: 'organisation' }
  /** At least one. `bound`: a running delegation is carried out by this one. */
  | { readonly kind: 'choose'; readonly connections: readonly Connection[]; readonly bound: boolean }
  | { readonly kind: 'connect' }

/** All that is asked of one integration. */
export interface SectionOffer {
  readonly key: string
  readonly integration: string
  readonly title: string
  readonly words: ScopeWords
  readonly connection: ConnectionOffer
  readonly parts: readonly PartOffer[]
  /** Completes "It will not be able to …". */
  readonly cannot: readonly string[]
}

/** What the person is asked, judged as it stands at this moment. */
export interface Offer {
  readonly request: AccessRequest
  readonly agent: NonNullable<AccessRequest['agent']>
  readonly sections: readonly SectionOffer[]
  /** For how long it can be approved, ascending. */
  readonly durationsMs: readonly number[]
  readonly presetMs: number
  /** Whether a rule, and not the configuration, is what keeps it that short. */
  readonly shortenedByRule: boolean
  /** When what was approved before ends; it can stay so. Undefined for a new approval, and where the rules want an earlier end. */
  readonly standingEndMs: number | undefined
}

/** Every scope of an offer, with where it stands. */
export function* scopesOf(offer: Offer): Iterable<{ readonly section: SectionOffer; readonly part: PartOffer; readonly scope: ScopeOffer }> {
  for (const section of offer.sections) {
    for (const part of section.parts) {
      for (const scope of part.scopes) yield { section, part, scope }
    }
  }
}
