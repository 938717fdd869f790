import type { z } from '@hono/zod-openapi'
import { deny, type Denial } from '../../../model/denial.ts'
import type { DelegationId } from '../../../model/ids.ts'
import type { ExplainedConsent } from '../../../policy/explain.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { explainBody } from '../wire/explanation.ts'

type Question = z.output<typeof explainBody>

/** `refused`: what the proxy would refuse before any rule is asked. `question`: what cannot be asked so. */
export type ConsentFound = { readonly consent: ExplainedConsent } | { readonly refused: Denial } | { readonly question: Denial }

/** On whose behalf the agent would act: by a delegation as it stands, by one that is assumed, or for itself. @throws StoreError */
export async function explainedConsent(question: Question, deps: AdminDeps): Promise<ConsentFound> {
  const { person, delegation, groups = [] } = question
  if (typeof delegation === 'string') return byDelegation(question, delegation, deps)
  if (typeof person !== 'string') return groups.length === 0 ? { consent: { kind: 'none' } } : unaskable('groups', 'are those of a person: name one')
  const known = await deps.people.get(person)
  return { consent: { kind: 'assumed', person, personName: known?.name, groups: question.groups ?? known?.groups ?? [] } }
}

async function byDelegation({ agent, person, groups = [] }: Question, id: DelegationId, deps: AdminDeps): Promise<ConsentFound> {
  if (groups.length > 0) return unaskable('groups', 'are the delegation’s own')
  const stored = await deps.store.delegations.get(id)
  if (stored === undefined) return { question: deny('not_found', `${id} is not kept here`) }
  if (stored.agent !== agent) return unaskable('delegation', `is of ${stored.agent}`)
  if (typeof person === 'string' && stored.person !== person) return unaskable('delegation', `is of ${stored.person}`)
  const live = deps.directory.delegation(id)
  if (live === undefined) return { refused: ended(stored.state) }
  const { person: of, personName, consent, expiresAtMs } = live
  return { consent: { kind: 'delegation', delegation: { id, person: of, personName, session: undefined, consent, standing: live, expiresAtMs } } }
}

function ended(state: 'active' | 'revoked' | 'expired'): Denial {
  return state === 'revoked' ? deny('delegation_revoked', 'The delegation was revoked.') : deny('delegation_expired', 'The delegation has expired, or its agent was revoked.')
}

function unaskable(field: string, problem: string): ConsentFound {
  return { question: deny('input_refused', `${field} ${problem}`, { hint: `The ${field} ${problem}.` }) }
}
