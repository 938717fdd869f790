import type { LayerResult } from '../model/decision.ts'
import type { Operation } from '../model/operation.ts'
import type { ConsentDetail, Delegation } from '../model/principal.ts'
import { compileGlob, isGlob, type Glob } from './globs.ts'
import { listed, operationName } from './reasons.ts'
import { anyMatches, type Rule } from './rule.ts'
import type { EvaluationInput } from './snapshot.ts'
import type { PolicyVocabulary, Vocabularies } from './vocabulary.ts'

interface Detail {
  readonly scopes: readonly string[]
  readonly targets: readonly Glob[]
  /** `**` stands for all that the integration has: also operations without a target, and targets that cannot be told. */
  readonly everywhere: boolean
}

/**
 * The consent layer: the delegation itself, as its token says and as it stands at the authority that keeps it. Each needed scope has to be approved for each target; approvals of one
 * person add up, since the same person approved each of them.
 */
export class ConsentLayer {
  readonly #vocabularies: Vocabularies
  /** A verified token is kept by the identify stage, and with it its consent: compiled once. */
  readonly #compiled = new WeakMap<readonly ConsentDetail[], Map<string, readonly Detail[]>>()

  constructor(vocabularies: Vocabularies) {
    this.#vocabularies = vocabularies
  }

  /** @param lent the org allow rule with `without_person: true` that matches, where there is one */
  judge(input: EvaluationInput, alternative: readonly string[], lent: Rule | undefined): LayerResult {
    const { delegation, agent } = input.principal
    if (delegation === undefined) return withoutPerson(agent, lent)
    if (input.nowMs >= delegation.expiresAtMs) return refused(`The delegation ${delegation.id} has expired.`)
    return this.#judgeDelegation(input, alternative, delegation)
  }

  /** Two upper bounds: what stands approved where the delegation is kept, and what the token says, which may be older or narrower. */
  #judgeDelegation(input: EvaluationInput, alternative: readonly string[], delegation: Delegation): LayerResult {
    const { person, consent, standing } = delegation
    const vocabulary = this.#vocabularies.get(input.operation.integration)
    if (vocabulary === undefined) return refused(`The integration ${input.operation.integration} is not known to policy.`)
    const approved = standing?.consent ?? consent
    const lack = this.#lackOf(approved, input, alternative, vocabulary)
    if (lack === null) return refused(`${person} has not consented to ${input.operation.integration} for this agent.`)
    if (lack !== undefined) return refused(`The consent of ${person} does not cover ${lack}.`)
    if (approved !== consent) {
      const tokenLack = this.#lackOf(consent, input, alternative, vocabulary)
      if (tokenLack !== undefined) return refused(tokenLackReason(tokenLack, input, delegation))
    }
    return { effect: 'allow', reason: `${person} consented (${delegation.id}).`, rule: undefined }
  }

  /** What a consent does not cover, in words; null where it has nothing at all for the integration. */
  #lackOf(
    consent: readonly ConsentDetail[], input: EvaluationInput, alternative: readonly string[], vocabulary: PolicyVocabulary,
  ): string | null | undefined {
    const { operation } = input
    const details = this.#detailsOf(consent, operation.integration, vocabulary)
    if (details.length === 0) return null
    const scopes = missingScopes(details, alternative, vocabulary)
    if (scopes.length > 0) return `the scope ${listed(scopes)} that ${operationName(input)} needs`
    const missing = missingTarget(details, operation, alternative, vocabulary)
    return missing === undefined ? undefined : `${missing} for ${operationName(input)}`
  }

  #detailsOf(consent: readonly ConsentDetail[], integration: string, vocabulary: PolicyVocabulary): readonly Detail[] {
    let byIntegration = this.#compiled.get(consent)
    if (byIntegration === undefined) this.#compiled.set(consent, (byIntegration = new Map()))
    let details = byIntegration.get(integration)
    if (details === undefined) {
      details = consent.filter((detail) => detail.integration === integration).map((detail) => compileDetail(detail, vocabulary))
      byIntegration.set(integration, details)
    }
    return details
  }
}

/** The scopes of an alternative that a consent does not cover for every target of the operation; for `consent_required`. Pure. */
export function missingConsent(
  consent: readonly ConsentDetail[], operation: Operation, alternative: readonly string[], vocabulary: PolicyVocabulary,
): readonly string[] {
  const details = consent.filter((detail) => detail.integration === operation.integration).map((detail) => compileDetail(detail, vocabulary))
  return alternative.filter((scope) => missingTarget(details, operation, [scope], vocabulary) !== undefined)
}

/** Whether a consent covers one alternative of the operation whole. Pure. */
export function coversOperation(consent: readonly ConsentDetail[], operation: Operation, vocabulary: PolicyVocabulary): boolean {
  const details = consent.filter((detail) => detail.integration === operation.integration).map((detail) => compileDetail(detail, vocabulary))
  return details.length > 0 && operation.alternatives.some((alternative) =>
    missingScopes(details, alternative, vocabulary).length === 0 && missingTarget(details, operation, alternative, vocabulary) === undefined)
}

function tokenLackReason(lack: string | null, input: EvaluationInput, { id, person }: Delegation): string {
  return `${person} consented (${id}), but the token does not cover ${lack ?? input.operation.integration}: it is older or narrower than the approval; get a new token.`
}

function missingScopes(details: readonly Detail[], needed: readonly string[], vocabulary: PolicyVocabulary): readonly string[] {
  return needed.filter((scope) => !details.some((detail) => holdsScope(detail, scope, vocabulary)))
}

/** Scopes that are not known and globs that cannot be compiled cover nothing. */
function compileDetail(detail: ConsentDetail, vocabulary: PolicyVocabulary): Detail {
  return {
    scopes: detail.scopes.flatMap((scope) => vocabulary.canonicalScope(scope) ?? []),
    targets: detail.targets.filter(isGlob).map((target) => compileGlob(vocabulary.canonicalTarget(target))),
    everywhere: detail.targets.includes('**'),
  }
}

function holdsScope(detail: Detail, scope: string, vocabulary: PolicyVocabulary): boolean {
  return detail.scopes.some((granted) => vocabulary.covers(granted, scope))
}

function reaches(detail: Detail, target: string, vocabulary: PolicyVocabulary): boolean {
  return detail.everywhere || anyMatches(detail.targets, vocabulary.canonicalTarget(target))
}

/** What of the targets is not covered, in words; undefined where each needed scope reaches each target. */
function missingTarget(
  details: readonly Detail[], { targets }: Operation, needed: readonly string[], vocabulary: PolicyVocabulary,
): string | undefined {
  // An operation that needs no scope still acts on its targets: any approval that reaches them will do.
  const holders = needed.length === 0 ? [details] : needed.map((scope) => details.filter((detail) => holdsScope(detail, scope, vocabulary)))
  switch (targets.kind) {
    case 'none':
      if (needed.length === 0 || holders.every((held) => held.some((detail) => detail.everywhere))) return undefined
      return 'operations that name no target (that needs the target `**`)'
    case 'unresolved':
      return holders.every((held) => held.some((detail) => detail.everywhere)) ? undefined : 'a target that could not be told'
    case 'named': {
      const missing = targets.names.filter((target) => !holders.every((held) => held.some((detail) => reaches(detail, target, vocabulary))))
      return missing.length === 0 ? undefined : `the target ${listed(missing)}`
    }
  }
}

function withoutPerson(agent: string, lent: Rule | undefined): LayerResult {
  if (lent !== undefined) {
    return { effect: 'not_applicable', reason: `${agent} acts for itself, as rule ${lent.reference.id} allows.`, rule: lent.reference }
  }
  return refused(`${agent} acts for nobody, and no org rule with \`without_person: true\` allows it here.`)
}

function refused(reason: string): LayerResult {
  return { effect: 'deny', reason, rule: undefined }
}
