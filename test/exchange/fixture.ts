import { describeGithub } from '../../src/integrations/github/github.ts'
import { IntegrationIndex } from '../../src/integrations/integration-index.ts'
import { newId, type AgentId, type ConnectionId, type PersonId } from '../../src/model/ids.ts'
import type { ConsentDetail } from '../../src/model/principal.ts'
import type { ExchangeRequest, Subject } from '../../src/authority/exchange/contract.ts'

export const GITHUB = describeGithub({ name: 'github', api: { scheme: 'https', host: 'api.github.com', port: 443, basePath: '' }, uploads: undefined })
const MIRROR = describeGithub({ name: 'mirror', api: { scheme: 'https', host: 'mirror.acme.com', port: 443, basePath: '' }, uploads: undefined })

export const INDEX = new IntegrationIndex([GITHUB, MIRROR])

export const AGENT = 'agent:pr-reviewer' as AgentId
export const ALICE = 'user:alice@acme.com' as PersonId
export const CONNECTION = 'con_github' as ConnectionId

export function github(scopes: readonly string[], targets: readonly string[]): ConsentDetail {
  return { integration: 'github', scopes, targets }
}

/** Alice's delegation: what the token says, and what stands. */
export function subjectWith(told: readonly ConsentDetail[], standing: readonly ConsentDetail[] = told): Subject {
  return {
    agent: AGENT,
    agentName: 'PR Reviewer',
    bound: false,
    via: undefined,
    delegation: {
      id: newId('dlg'), person: ALICE, personName: 'Alice Chen', session: newId('ses'), consent: told, expiresAtMs: 10_000_000,
      standing: { consent: standing, groups: [], connections: { github: CONNECTION } },
    },
  }
}

export function request(wish: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return {
    agent: AGENT, authenticated: false, subjectToken: 'token', subjectTokenType: 'urn:ietf:params:oauth:token-type:access_token', resource: ['github'], scope: undefined,
    target: [], delivery: 'proxied', proofs: { jkt: undefined, x5t: undefined }, ...wish,
  }
}
