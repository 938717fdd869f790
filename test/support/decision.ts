import type { Decision } from '../../src/model/decision.ts'

/** An allowing decision of made-up policies, for what needs one but does not look at why. */
export function allowingDecision(over: Partial<Decision> = {}): Decision {
  const layer = { effect: 'allow', reason: 'the test says so', rule: undefined } as const
  return {
    effect: 'allow',
    layers: { org_policy: layer, user_consent: layer, agent_permissions: layer },
    decidedBy: 'agent_permissions',
    rule: { id: 'tester/rule', file: 'policies/tester.yaml', line: 3 },
    scopes: [],
    expiresInMs: undefined,
    limits: [],
    authority: 'organisation',
    release: false,
    policyHash: 'sha256:test',
    ...over,
  }
}
