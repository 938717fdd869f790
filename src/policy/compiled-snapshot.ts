import type { CanonicalRequest } from '../http/request.ts'
import type { Decision } from '../model/decision.ts'
import type { Operation } from '../model/operation.ts'
import type { AgentId } from '../model/ids.ts'
import type { ConsentDetail, Principal } from '../model/principal.ts'
import type { CompiledPolicies } from './compiled-policies.ts'
import { ConsentLayer } from './consent.ts'
import { DecisionMemory } from './decision-memory.ts'
import { declaredOperation } from './declared-operation.ts'
import { evaluate } from './evaluate.ts'
import type { CannotDo, ForecastParty, PolicyForecast, Preview, PreviewQuestion } from './forecast.ts'
import { actsForItself, cannotDo, delegationBound, lendsFor, lendsOrganisation, previewOf } from './preview.ts'
import { concerns, couldMatchScopes, namesOperation, NO_RULES, type RuleSet } from './rule.ts'
import type { EvaluationInput, PolicySnapshot } from './snapshot.ts'
import type { Vocabularies } from './vocabulary.ts'

/** The snapshot over compiled policies; immutable. */
export class CompiledSnapshot implements PolicySnapshot, PolicyForecast {
  readonly hash: string
  readonly #policies: CompiledPolicies
  readonly #consent: ConsentLayer
  readonly #vocabularies: Vocabularies
  readonly #decisions = new DecisionMemory()

  constructor(policies: CompiledPolicies, vocabularies: Vocabularies) {
    this.hash = policies.hash
    this.#policies = policies
    this.#vocabularies = vocabularies
    this.#consent = new ConsentLayer(vocabularies)
  }

  needsBody(principal: Principal, operation: Operation): boolean {
    return this.#ruleSets(principal, operation.integration).some(({ lookAtBody }) => lookAtBody.some(
      (rule) => concerns(rule, principal) && namesOperation(rule, operation) && couldMatchScopes(rule, operation),
    ))
  }

  declaredOperation(principal: Principal, integration: string, request: CanonicalRequest): Operation | undefined {
    const allows = this.#ruleSets(principal, integration).flatMap((rules) => rules.allow)
    return declaredOperation(allows.filter((rule) => concerns(rule, principal)), integration, request)
  }

  evaluate(input: EvaluationInput): Decision {
    const [agent, org] = this.#ruleSets(input.principal, input.operation.integration)
    return agent.plain && org.plain ? this.#decisions.decide(input, this.#evaluate) : this.#evaluate(input)
  }

  readonly #evaluate = (input: EvaluationInput): Decision => evaluate(this.#policies, this.#consent, input)


  preview(question: PreviewQuestion): Preview {
    return previewOf(this.#policies, this.#vocabularies, question)
  }

  lends(question: PreviewQuestion): boolean {
    return lendsFor(this.#policies, this.#vocabularies, question)
  }

  cannotDo(party: ForecastParty, integration: string): CannotDo {
    return cannotDo(this.#policies, this.#vocabularies, party, integration)
  }

  actsForItself(agent: AgentId): boolean {
    return actsForItself(this.#policies, agent)
  }

  lendsOrganisation(party: ForecastParty, integration: string): boolean {
    return lendsOrganisation(this.#policies, party, integration)
  }

  delegationBound(party: ForecastParty, access: readonly ConsentDetail[]): number | undefined {
    return delegationBound(this.#policies, this.#vocabularies, party, access)
  }

  /** The agent's own rules first: what they declare is the more specific. */
  #ruleSets(principal: Principal, integration: string): readonly [RuleSet, RuleSet] {
    const { org, agents } = this.#policies
    return [agents.get(principal.agent)?.get(integration) ?? NO_RULES, org.rules.get(integration) ?? NO_RULES]
  }
}
