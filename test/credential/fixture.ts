import { TestClient } from '../support/test-client.ts'
import type { Integration } from '../../src/integrations/integration.ts'
import type { CredentialOrder } from '../../src/integrations/issuer.ts'
import { Secret } from '../../src/lib/secret.ts'
import type { Credential, Placement } from '../../src/model/credential.ts'
import { isDenial, type Denial } from '../../src/model/denial.ts'
import type { CredentialId } from '../../src/model/ids.ts'
import type { Principal } from '../../src/model/principal.ts'
import { CredentialStage } from '../../src/proxy/credential/credential-stage.ts'
import type { Allowed } from '../../src/proxy/exchange.ts'
import type { PersonLinks } from '../../src/sync/contract.ts'
import { inProcessSync } from '../../src/sync/in-process.ts'
import { NOBODY } from '../support/nobody.ts'
import { MemoryRevocations, principal } from '../issuance/fixture.ts'
import { ManualTime } from '../issuance/manual-time.ts'

export const SECRET = 'canary-secret-7f3a'

export function credentialOf(over: Partial<Credential> = {}): Credential {
  return {
    id: 'crd_one' as CredentialId,
    integration: 'github',
    secret: new Secret(SECRET),
    placement: { in: 'header', name: 'Authorization', value: 'Bearer {credential}' },
    lifetime: 'short',
    expiresAtMs: Infinity,
    upstreamExpiresAtMs: undefined,
    narrowedBy: 'upstream',
    ...over,
  }
}

export function placedBy(placement: Placement, secret = SECRET): Credential {
  return credentialOf({ placement, secret: new Secret(secret) })
}

export interface AllowedOver {
  readonly principal?: Principal
  readonly operation?: string
  readonly scopes?: readonly string[]
  readonly target?: string
  readonly expiresInMs?: number
  readonly integration?: Partial<Integration>
}

/** An exchange as the decide stage leaves it, as far as the credential stage reads it. */
export function allowed(over: AllowedOver = {}): Allowed {
  const operation = { name: over.operation ?? 'GET /pulls', targets: { kind: 'named', names: [over.target ?? 'acme-corp/backend'] } }
  return {
    client: new TestClient(),
    principal: over.principal ?? principal(),
    route: { integration: { name: 'github', ...over.integration } },
    inspection: { operation, body: undefined },
    decision: { effect: 'allow', scopes: over.scopes ?? ['pull_requests:read'], expiresInMs: over.expiresInMs, authority: 'organisation' },
  } as unknown as Allowed
}

/** A control plane that gives what the test says. */
export class ScriptedSource {
  readonly orders: CredentialOrder[] = []
  readonly #listeners = new Set<(id: CredentialId) => void>()
  give: (order: CredentialOrder, signal: AbortSignal) => Promise<Credential | Denial> = async () => credentialOf()

  credential(order: CredentialOrder, signal: AbortSignal): Promise<Credential | Denial> {
    this.orders.push(order)
    return this.give(order, signal)
  }

  credentialRejected(id: CredentialId): void {
    for (const listener of this.#listeners) listener(id)
  }

  onCredentialEnded(listener: (id: CredentialId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export interface StageWorldOptions {
  readonly maxCopies?: number
  readonly links?: PersonLinks
}

export function stageWorld({ maxCopies = 100, links }: StageWorldOptions = {}) {
  const time = new ManualTime()
  const source = new ScriptedSource()
  const revocations = new MemoryRevocations()
  const none = { agent: () => undefined, agentBySpiffeId: () => undefined, agentBySubject: () => undefined, agentByServiceAccount: () => undefined, delegation: () => undefined, session: () => undefined }
  const sync = inProcessSync({ directory: none, revocations, credentials: source, approvals: NOBODY.approvals, links: links ?? NOBODY.links })
  const stage = new CredentialStage({ sync, clock: time, timers: time, timeoutMs: 15_000, maxCopies })
  return { time, source, revocations, stage, sync }
}

export function isCredential(outcome: unknown): outcome is Credential {
  return typeof outcome === 'object' && outcome !== null && !(outcome instanceof Promise) && !isDenial(outcome)
}
