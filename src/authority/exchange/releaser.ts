import type { CredentialOrder } from '../../integrations/issuer.ts'
import type { Integration } from '../../integrations/integration.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Credential } from '../../model/credential.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { Access, Operation } from '../../model/operation.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import type { PolicySnapshot } from '../../policy/snapshot.ts'
import type { ExchangeAnswer, Subject } from './contract.ts'
import { principalOf } from './principal-of.ts'

export interface ReleaserDependencies {
  snapshot(): PolicySnapshot
  /** `credential.released` is safe before it resolves. */
  issue(order: CredentialOrder, signal: AbortSignal): Promise<Credential | Denial>
  readonly clock: Clock
}

/**
 * Releases an upstream's own credential, where an org rule says `delivery: released`: the one way in which a secret leaves. It is judged like
 * a request that needs all of the scopes on all of the targets, so that rules on single operations, routes or bodies never release.
 */
export class Releaser {
  readonly #deps: ReleaserDependencies

  constructor(deps: ReleaserDependencies) {
    this.#deps = deps
  }

  /** @returns `release_refused`, `policy_denied`, `approval_required`, or what the issuer refuses @throws Fault */
  async release(subject: Subject, integration: Integration, access: ConsentDetail, signal: AbortSignal): Promise<ExchangeAnswer | Denial> {
    const { clock, snapshot, issue } = this.#deps
    if (subject.via !== undefined) {
      return deny('release_refused', `${subject.via} asked with a token of ${subject.agent}`, { hint: 'A server that acts for another agent gets stand-ins alone.' })
    }
    if (access.targets.length === 0 || access.targets.some((target) => target.includes('*'))) {
      return deny('release_refused', 'a released credential is for named targets', { hint: 'Name each `target`, without wildcards.' })
    }
    const nowMs = clock.nowMs()
    const operation = operationOf(integration, access)
    const principal = principalOf(subject)
    const decision = snapshot().evaluate({ principal, operation, request: requestOf(integration), body: undefined, nowMs })
    if (decision.effect !== 'allow') {
      const { reason, rule } = decision.layers[decision.decidedBy]
      const code = decision.effect === 'ask' ? 'approval_required' : decision.decidedBy === 'user_consent' ? 'consent_required' : 'policy_denied'
      return deny(code, reason, { layer: decision.decidedBy, ...(rule === undefined ? {} : { rule }), decision })
    }
    if (!decision.release) return deny('release_refused', `no org rule releases ${integration.name} to ${subject.agent}`, { layer: 'org_policy', decision })
    const credential = await issue({
      principal, integration: integration.name, operation: operation.name, scopes: decision.scopes, targets: operation.targets,
      expiresInMs: decision.expiresInMs, authority: decision.authority, delivery: 'released', decision,
    }, signal)
    return isDenial(credential) ? credential : answerOf(credential, integration, access, nowMs)
  }
}

/** Named so that no rule on a real operation matches it. */
function operationOf(integration: Integration, { scopes, targets }: ConsentDetail): Operation {
  return {
    integration: integration.name, name: 'token exchange: release', access: accessOf(integration, scopes), alternatives: [scopes],
    targets: { kind: 'named', names: targets }, parameters: {},
  }
}

const RANK: Readonly<Record<Access, number>> = { read: 0, write: 1, admin: 2 }

/** The most that any operation does which one of the scopes serves: what leaves could be used for it. */
function accessOf({ vocabulary }: Integration, scopes: readonly string[]): Access {
  let most: Access | undefined
  for (const { access, alternatives } of vocabulary.operations()) {
    const served = alternatives.some((needed) => needed.some((scope) => scopes.some((held) => vocabulary.covers(held, scope))))
    if (served && (most === undefined || RANK[access] > RANK[most])) most = access
  }
  return most ?? 'admin'
}

function requestOf({ origins }: Integration): Parameters<PolicySnapshot['evaluate']>[0]['request'] {
  const [origin] = origins
  return {
    method: 'POST', scheme: origin?.scheme ?? 'https', host: origin?.host ?? '', port: origin?.port ?? 443, path: '/', query: undefined,
    headers: [], contentType: undefined, framing: { kind: 'none' },
  }
}

function answerOf(credential: Credential, { name, origins, apiPath = '' }: Integration, access: ConsentDetail, nowMs: number): ExchangeAnswer {
  const [origin] = origins
  const until = Math.min(credential.expiresAtMs, credential.upstreamExpiresAtMs ?? Infinity)
  return {
    delivery: 'released',
    token: credential.secret,
    expiresInS: Number.isFinite(until) ? Math.max(0, Math.floor((until - nowMs) / 1000)) : 0,
    scopes: access.scopes,
    targets: access.targets,
    integration: name,
    baseUrl: origin === undefined ? '' : `${origin.scheme}://${origin.host}${origin.port === 443 ? '' : `:${origin.port}`}${origin.basePath}${apiPath}`,
  }
}
