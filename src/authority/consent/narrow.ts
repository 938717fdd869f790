import { globCovers } from '../../policy/glob-cover.ts'
import { isGlob } from '../../policy/globs.ts'
import type { ConnectionId } from '../../model/ids.ts'
import type { DelegatedAccess } from '../../store/ports/delegations.ts'
import { AS_BEFORE, type Choice } from './choice.ts'
import type { ConsentIntegration } from './contract.ts'
import type { Offer, PartOffer, ScopeOffer, SectionOffer } from './offer.ts'

/** What is approved, or what is wrong with it: sentences for the person. */
export type Narrowed =
  | { readonly access: readonly DelegatedAccess[]; readonly durationMs: number }
  | { readonly problems: readonly string[] }

type Vocabularies = ReadonlyMap<string, Pick<ConsentIntegration, 'vocabulary'>>

const MOST_TARGETS = 64
/** As the OAuth server takes them: no control, format or other invisible character. */
const TARGET = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u

/** Makes an approval of what was chosen: never more than was asked for, nor than policy leaves of it. Pure. */
export function narrow(offer: Offer, choice: Choice, vocabularies: Vocabularies): Narrowed {
  const problems = new Set<string>()
  const access = offer.sections.flatMap((section) => accessAt(section, choice, vocabularies, problems))
  if (!offer.durationsMs.includes(choice.durationMs) && !keepsEnd(offer, choice)) problems.add('Choose how long it may last.')
  if (access.length === 0 && problems.size === 0) problems.add(nothingTicked(offer))
  return problems.size > 0 ? { problems: [...problems] } : { access, durationMs: choice.durationMs }
}

function keepsEnd({ standingEndMs }: Offer, { durationMs }: Choice): boolean {
  return standingEndMs !== undefined && durationMs === AS_BEFORE
}

function nothingTicked({ sections }: Offer): string {
  const missing = sections.filter(({ connection }) => connection.kind === 'connect').map(({ title }) => title)
  return missing.length === 0 ? 'Nothing is ticked. Tick what the agent may do, or deny.' : `Nothing is ticked. Connect ${missing.join(' and ')} first, or deny.`
}

function accessAt(section: SectionOffer, choice: Choice, vocabularies: Vocabularies, problems: Set<string>): readonly DelegatedAccess[] {
  const chosen = section.parts.map((part) => ({ part, scopes: [...new Set(part.scopes.flatMap((scope) => approvedScope(scope, choice)))] }))
    .filter(({ scopes }) => scopes.length > 0)
  if (chosen.length === 0) return []
  const connection = chosenConnection(section, choice)
  if (connection === 'missing') {
    problems.add(`Connect ${section.title} first, or untick what it is asked for.`)
    return []
  }
  if (section.parts.some(({ scopes }) => scopes.some((scope) => connection !== undefined && choice.levels.has(scope.key) && scope.lackedBy.includes(connection)))) {
    problems.add(`The ${section.title} account that you chose was not granted everything that is ticked. Untick it, choose another, or connect again.`)
  }
  return chosen.map(({ part, scopes }) => ({
    integration: section.integration, scopes, targets: narrowedTargets(section, part, choice, vocabularies, problems), connection,
  }))
}

/** @returns nothing where it is not ticked, refused or held, whatever the form says */
function approvedScope(scope: ScopeOffer, choice: Choice): readonly string[] {
  const level = choice.levels.get(scope.key)
  const approved = scope.state !== 'open' || level === undefined ? undefined : scope.levels[level]
  return approved === undefined ? [] : [approved]
}

/** @returns undefined where none is needed */
function chosenConnection({ key, connection }: SectionOffer, choice: Choice): ConnectionId | undefined | 'missing' {
  if (connection.kind === 'organisation') return undefined
  if (connection.kind === 'connect') return 'missing'
  return connection.connections.find(({ id }) => id === choice.connections.get(key))?.id ?? 'missing'
}

function narrowedTargets(section: SectionOffer, part: PartOffer, choice: Choice, vocabularies: Vocabularies, problems: Set<string>): readonly string[] {
  const wished = [...new Set((choice.targets.get(part.key) ?? '').split('\n').map((line) => line.trim()).filter((line) => line !== ''))]
  const { one, many } = section.words.targets
  if (wished.length === 0) problems.add(`Name at least one ${one} in ${section.title}, or untick what it is asked for.`)
  if (wished.length > MOST_TARGETS) problems.add(`Name at most ${MOST_TARGETS} ${many}.`)
  const vocabulary = vocabularies.get(section.integration)?.vocabulary
  const canonical = (target: string): string => vocabulary?.canonicalTarget(target) ?? target
  for (const wish of wished.slice(0, MOST_TARGETS)) {
    if (!TARGET.test(wish) || !isGlob(wish)) problems.add(`One of the ${many} is not of a form that can be approved.`)
    else if (!isWithin(part.targets, wish, canonical)) problems.add(`${wish} is more than the agent asked for.`)
  }
  return wished
}

/** `**` stands for more than it matches: for operations without any target, too. */
function isWithin(asked: readonly string[], wish: string, canonical: (target: string) => string): boolean {
  if (/^\*\*+$/.test(wish)) return wish === '**' && asked.includes('**')
  return asked.some((target) => globCovers(canonical(target), canonical(wish)))
}
