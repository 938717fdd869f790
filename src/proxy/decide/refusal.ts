import type { InspectedBody } from '../../http/body.ts'
import type { BodyFraming } from '../../http/request.ts'
import type { Decision } from '../../model/decision.ts'
import { deny, type Denial } from '../../model/denial.ts'
import type { Operation } from '../../model/operation.ts'
import type { Delegation, Principal } from '../../model/principal.ts'
import { coversOperation, missingConsent } from '../../policy/consent.ts'
import type { PolicyVocabulary } from '../../policy/vocabulary.ts'
import type { PersonLinks } from '../../sync/contract.ts'
import type { LimitReached } from './rate-limiter.ts'

export interface Refused {
  readonly decision: Decision
  readonly principal: Principal
  readonly operation: Operation
  readonly vocabulary: PolicyVocabulary
}

/** Turns a refusing decision into the denial that its client can act on. @param links where the person can consent */
export function refusalOf(refused: Refused, links: PersonLinks): Denial {
  const { decision, principal } = refused
  if (decision.effect === 'ask') return denial('approval_required', refused, {})
  if (decision.decidedBy !== 'user_consent') return denial('policy_denied', refused, {})
  const { delegation } = principal
  if (delegation === undefined) return denial('delegation_required', refused, {})
  return consentRefusal(refused, delegation, links)
}

/** Where the person has approved it by now, and the token is older or narrower, no page could mend it: a new token does. */
function consentRefusal(refused: Refused, { consent, standing }: Delegation, links: PersonLinks): Denial {
  const { operation, principal, vocabulary } = refused
  if (standing !== undefined && coversOperation(standing.consent, operation, vocabulary)) {
    const hint = `The person has approved this for ${principal.agent}, but the token is older or narrower than the approval: get a new token.`
    return { ...denial('consent_required', refused, { missingScopes: fewestMissing(refused, consent) }), hint }
  }
  const missingScopes = fewestMissing(refused, standing?.consent ?? consent)
  const link = links.consent(principal, operation.integration, missingScopes, targetsOf(operation))
  return denial('consent_required', refused, { missingScopes, ...(link !== undefined && { link }) })
}

/** What the person would have to approve; `**` is what covers operations without a target, and targets that cannot be told. */
function targetsOf({ targets }: Operation): readonly string[] {
  return targets.kind === 'named' && targets.names.length > 0 ? targets.names : ['**']
}

function denial(code: Denial['denial'], refused: Refused, extra: Pick<Denial, 'missingScopes' | 'link'>): Denial {
  const { decision } = refused
  const { reason, rule } = decision.layers[decision.decidedBy]
  return deny(code, reason, {
    ...extra, layer: decision.decidedBy, ...(rule !== undefined && { rule }), hint: hintOf(code, refused), decision,
  })
}

/**
 * One sentence for the client. A rule's own reason is its author's words; of what no rule covers only catalogue names are
 * told: what else the policy holds, and what the request held, is for the log.
 */
function hintOf(code: Denial['denial'], { decision, operation, principal }: Refused): string {
  const { reason, rule } = decision.layers[decision.decidedBy]
  if (rule !== undefined) return reason
  const name = `\`${operation.name.slice(0, 200)}\` of ${operation.integration}`
  const needs = neededText(operation)
  switch (code) {
    case 'consent_required': return `${name}${needs} is not covered by what the person approved for ${principal.agent}; they can approve it.`
    case 'delegation_required': return `${name} needs a person for whom ${principal.agent} acts: send that person's delegation token.`
    default: return `${name}${needs} is not allowed to ${principal.agent} on this target; an allow rule in its policy would be needed.`
  }
}

function neededText({ alternatives }: Operation): string {
  const sets = alternatives.filter((scopes) => scopes.length > 0).slice(0, 4).map((scopes) => scopes.join(' and '))
  return sets.length === 0 ? '' : ` (needs ${sets.join(', or ')})`
}

/** Of the alternatives the one for which the person would have to approve least. */
function fewestMissing({ operation, vocabulary }: Refused, consent: Parameters<typeof missingConsent>[0]): readonly string[] {
  const missing = operation.alternatives.map((alternative) => missingConsent(consent, operation, alternative, vocabulary))
  return missing.toSorted((a, b) => a.length - b.length)[0] ?? []
}

/** A body that is over what the rules bound it to, as far as its length is told; one that comes in chunks is cut once it is over. */
export function bodyRefusal(decision: Decision, framing: BodyFraming, inspected: InspectedBody | undefined): Denial | undefined {
  const { maxBodyBytes } = decision
  if (maxBodyBytes === undefined) return undefined
  const bytes = inspected?.bytes.length ?? (framing.kind === 'length' ? framing.bytes : 0)
  if (bytes <= maxBodyBytes) return undefined
  return deny('body_too_large', `a body of ${bytes} bytes, where the rules allow ${maxBodyBytes}`, {
    layer: 'agent_permissions', ...(decision.rule !== undefined && { rule: decision.rule }), decision, hint: `The policy allows a body of ${maxBodyBytes} bytes here.`,
  })
}

/** An allowed request that is one too many. */
export function limitRefusal({ limit, retryAfterMs }: LimitReached, decision: Decision): Denial {
  const detail = `limit ${limit.key}: ${limit.requests} requests in ${limit.perMs / 1000} s`
  return deny('rate_limited', detail, {
    layer: 'agent_permissions', ...(decision.rule !== undefined && { rule: decision.rule }), retryAfterMs, decision,
    hint: `The policy allows ${limit.requests} requests in ${limit.perMs / 1000} seconds here.`,
  })
}
