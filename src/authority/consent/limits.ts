import type { ConsentIntegration } from './contract.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import type { PartOffer } from './offer.ts'

/** Names of targets beyond this many make no sentence that anybody reads. */
const MOST_NAMED = 3
const LIST = new Intl.ListFormat('en-GB', { type: 'conjunction' })

/**
 * What the agent will not be able to do at an integration, whatever the person leaves ticked: told by the catalogue, from the scopes that could
 * be approved, and from what a running session has there already. Completes "It will not be able to …". Pure.
 */
export function limitsOf({ vocabulary, words }: ConsentIntegration, parts: readonly PartOffer[], held: readonly ConsentDetail[] = []): readonly string[] {
  const asked = parts.flatMap((part) => part.scopes)
    .flatMap(({ state, scope, levels }) => (state === 'held' ? [scope] : [levels.asked ?? levels.read ?? []].flat()))
  const scopes = [...asked, ...held.flatMap((access) => access.scopes)]
    .flatMap((scope) => vocabulary.canonicalScope(scope) ?? [])
  const operations = new Map([...vocabulary.operations()].map((operation) => [operation.name, operation]))
  const able = (name: string): boolean => operations.get(name)?.alternatives
    .some((alternative) => alternative.every((needed) => scopes.some((granted) => vocabulary.covers(granted, needed)))) === true
  const missing = words.powers.filter((power) => !power.operations.some(able)).map((power) => power.words)
  return [...otherTargets([...parts, ...held], words.targets), ...missing]
}

function otherTargets(parts: readonly Pick<PartOffer, 'targets'>[], { one }: ConsentIntegration['words']['targets']): readonly string[] {
  const targets = [...new Set(parts.flatMap((part) => part.targets))]
  if (targets.includes('**') || targets.length === 0) return []
  if (targets.length > MOST_NAMED) return [`touch any ${one} but those listed`]
  return [`touch any ${one} but ${LIST.format(targets)}`]
}
