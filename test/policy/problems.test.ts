import { describe, expect, it } from 'vitest'
import { lintPolicies } from '../../src/policy/lint.ts'
import { formatProblem } from '../../src/lib/source-position.ts'
import { compile, documentsOf, ORG_ALLOWS, problemsIn } from './fixtures.ts'

/** A policy whose one agent rule is the given one; it stands on line 7. */
function withRule(rule: string): string {
  return `${ORG_ALLOWS}---\npolicy: agent\nagent: agent:bot\nrules:\n  - ${rule}\n`
}

const REFUSED: readonly [name: string, yaml: string, problem: string][] = [
  ['an org policy without a default', 'policy: org\n', 'p.yaml:1:1: default: the key is missing; expected: `allow` or `deny`; an org policy says which'],
  ['an unknown key', withRule('{id: r, alow: {integration: github}}'), 'p.yaml:7:13: rules[0].alow: the key `alow` is not known here; expected: `allow`'],
  ['an unknown match key', withRule('{id: r, allow: {integration: github, scope: [a]}}'), 'p.yaml:7:42: rules[0].allow.scope: the key `scope` is not known here; expected: `scopes`'],
  ['a rule without effect', withRule('{id: r}'), 'p.yaml:7:5: rules[0]: the rule has no effect; expected: exactly one of `allow`, `deny`, `ask`'],
  ['a rule with two effects', withRule('{id: r, allow: {integration: github}, deny: {integration: github}}'), 'p.yaml:7:5: rules[0]: the rule has several effects; expected: exactly one of `allow`, `deny`, `ask`'],
  ['an expires_in that is no duration', withRule('{id: r, allow: {integration: github}, expires_in: 10}'), 'p.yaml:7:55: rules[0].expires_in: the value is of the wrong kind; expected: a duration such as `30s`, `10m` or `8h`'],
  ['a limit on a deny rule', withRule('{id: r, deny: {integration: github}, limits: {requests: 1/s}}'), 'p.yaml:7:50: rules[0].limits: `limits` has no meaning on a deny rule; expected: the key on an allow rule'],
  ['a malformed limit', withRule('{id: r, allow: {integration: github}, limits: {requests: lots}}'), 'p.yaml:7:62: rules[0].limits.requests: the text is not of the form accepted here; expected: a number of requests a time, such as `60/m`'],
  ['an agent default of allow', 'policy: agent\nagent: agent:bot\ndefault: allow\n', 'p.yaml:3:10: default: the value is not one of those accepted; expected: `deny`, or nothing: an agent has only what a rule allows'],
  ['no org policy', 'policy: agent\nagent: agent:bot\n', 'policies:1:1: there is no organisation policy; expected: a document with `policy: org` and its `default`'],
  ['two defaults', 'policy: org\ndefault: allow\n---\npolicy: org\ndefault: deny\n', 'p.yaml:5:10: default: the organisation has two different defaults; expected: `allow`, as in p.yaml'],
  ['an unknown integration', withRule('{id: r, allow: {integration: githb}}'), 'p.yaml:7:21: rules[0].allow.integration[0]: no integration is named `githb`; expected: `github`'],
  ['a limit without any', withRule('{id: r, allow: {integration: github}, limits: {}}'), 'p.yaml:7:51: rules[0].limits: there is no limit; expected: `requests` or `body`'],
  ['a body of no size', withRule('{id: r, allow: {integration: github}, limits: {body: big}}'), 'p.yaml:7:58: rules[0].limits.body: the text is not of the form accepted here; expected: the largest body of a request, such as `64KiB` or `1MiB`'],
  ['an unknown scope', withRule('{id: r, allow: {integration: github, scopes: ["pull_requests:reed"]}}'), 'p.yaml:7:51: rules[0].allow.scopes[0]: github has no scope `pull_requests:reed`; expected: `pull_requests:read`'],
  ['an unknown operation', withRule('{id: r, allow: {integration: slack, operation: chat.postMesage}}'), 'p.yaml:7:41: rules[0].allow.operation[0]: no operation is named `chat.postMesage`; expected: `chat.postMessage`'],
  ['a target that no request has', withRule('{id: r, deny: {integration: slack, target: [C01, "#secret"]}}'), 'p.yaml:7:54: rules[0].deny.target[1]: no request acts on a target that is called `#secret`; expected: its id, or a name that the integration’s configuration knows'],
  ['scopes without integration', withRule('{id: r, allow: {scopes: ["pulls:read"]}}'), 'p.yaml:7:21: rules[0].allow.scopes: `scopes` has no meaning without an integration; expected: the key `integration` beside it'],
  ['a rule id that stands twice', `${withRule('{id: r, allow: {integration: github}}')}  - {id: r, deny: {integration: slack}}\n`, 'p.yaml:8:10: rules[1].id: the rule id `r` stands twice in this layer; expected: another id; the first is at p.yaml:7'],
  ['authority of an agent policy', withRule('{id: r, allow: {integration: github}, authority: organisation}'), 'p.yaml:7:43: rules[0].authority: only an organisation policy lends authority; expected: the key on an `allow` rule of an org policy'],
  ['a condition that cannot be parsed', withRule('{id: r, allow: {integration: github, when: "1 +"}}'), 'p.yaml:7:48: rules[0].allow.when: not a valid condition: Unexpected token: EOF (at character 4 of the condition); expected: a CEL expression over request, operation, targets, body, agent, person, now'],
  ['a condition of the wrong type', withRule('{id: r, allow: {integration: github, when: "request.path + 1 == 2"}}'), 'no such overload: string + int'],
  ['a rule for another agent', withRule('{id: r, allow: {integration: github, agent: "agent:x"}}'), 'p.yaml:7:42: rules[0].allow.agent: the rule can never match: this policy is for agent:bot only; expected: no key `agent` here'],
  ['a rule for a person and none', withRule('{id: r, allow: {integration: github, person: "user:a", without_person: true}}'), 'the rule can never match: it names a person and wants none'],
  ['a rule for a group and no person', withRule('{id: r, allow: {integration: github, group: eng, without_person: true}}'), 'p.yaml:7:42: rules[0].allow.group: the rule can never match: it names a group and wants no person; expected: one of `group`, `without_person`'],
  ['release by an agent policy', withRule('{id: r, allow: {integration: github}, delivery: released}'), 'p.yaml:7:43: rules[0].delivery: only an organisation policy releases credentials; expected: the key on an `allow` rule of an org policy'],
  ['release by an asking rule', 'policy: org\ndefault: allow\nrules:\n  - {id: r, ask: {integration: github}, delivery: released}\n', 'rules[0].delivery: only an organisation policy releases credentials'],
  ['release by a denying rule', withRule('{id: r, deny: {integration: github}, delivery: released}'), 'rules[0].delivery: `delivery` has no meaning on a deny rule'],
  ['another delivery', withRule('{id: r, allow: {integration: github}, delivery: proxied}'), 'rules[0].delivery'],
  ['scopes that no operation of that access needs', withRule('{id: r, deny: {integration: github, access: read, scopes: ["contents:write"]}}'), 'p.yaml:7:19: rules[0].deny: the rule can never match: no operation fits its `access`, `scopes`; expected: keys that at least one operation fits'],
  ['a glob that is too long', withRule(`{id: r, allow: {integration: github, target: ${'a'.repeat(300)}}}`), 'rules[0].allow.target: the text is not of the form accepted here'],
  ['a raw regular expression as route', withRule('{id: r, allow: {integration: github, route: "^/repos/.*$"}}'), 'rules[0].allow.route: the text is not of the form accepted here; expected: a method and a path such as'],
  ['an agent named org', 'policy: org\ndefault: allow\n---\npolicy: agent\nagent: agent:org\n', 'p.yaml:5:8: agent: an agent cannot be named `org`'],
]

describe('policy files that are refused', () => {
  it.each(REFUSED)('%s', (_name, yaml, problem) => {
    expect(problemsIn(yaml).join('\n')).toContain(problem)
  })

  it('tells every problem at once', () => {
    expect(problemsIn(withRule('{id: R, alow: {}, expires_in: x}'))).toHaveLength(4)
  })

  it('accepts what is right', () => {
    expect(problemsIn(withRule('{id: r, allow: {integration: [github], scopes: ["pulls:read"], when: "true"}, expires_in: 10m}'))).toEqual([])
  })
})

const LINTED: readonly [name: string, yaml: string, warning: string][] = [
  ['an allow rule that an org deny takes back', `policy: org\ndefault: allow\nrules:\n  - {id: d, deny: {integration: github, access: [write, admin], target: "acme-corp/*"}}\ntests: &t []\n`.replace('&t ', '') + '---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: r, allow: {integration: github, access: write, target: "acme-corp/prod-*"}}\n', 'rules[0]: the rule allows nothing: `d` (p.yaml:4) denies all that it matches'],
  ['an allow rule that is wider than the deny', 'policy: org\ndefault: allow\nrules:\n  - {id: d, deny: {integration: github, target: "acme-corp/prod-*"}}\n---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: r, allow: {integration: github, target: "acme-corp/*"}}\n', '^((?!allows nothing)[^])*$'],
  ['an allow rule of a group that an org deny of it takes back', 'policy: org\ndefault: allow\nrules:\n  - {id: d, deny: {integration: github, group: "eng-*"}}\n---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: r, allow: {integration: github, group: eng-web}}\n', 'rules[0]: the rule allows nothing: `d` (p.yaml:4) denies all that it matches'],
  ['an allow rule of everybody, of which a deny takes back a group', 'policy: org\ndefault: allow\nrules:\n  - {id: d, deny: {integration: github, group: "eng-*"}}\n---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: r, allow: {integration: github, access: read}}\n', '^((?!allows nothing)[^])*$'],
  ['a credential that leaves', 'policy: org\ndefault: allow\nrules:\n  - {id: r, allow: {integration: github}, delivery: released}\n', 'rules[0].delivery: the rule hands the upstream\'s own credential to the agent, without an `expires_in` of its own: calls with it are neither judged nor recorded'],
  ['a static credential', withRule('{id: r, allow: {integration: tickets, access: read}}'), '`tickets` uses a static credential'],
  ['a rule without any bound', withRule('{id: r, allow: {integration: github}}'), 'the rule allows every operation on every target'],
  ['a policy without tests', withRule('{id: r, allow: {integration: github, access: read}}'), 'the policy has no tests'],
]

describe('lintPolicies', () => {
  it.each(LINTED)('%s', (_name, yaml, warning) => {
    const { rules, problems } = compile(yaml)
    expect(problems).toEqual([])
    const warnings = lintPolicies({ documents: documentsOf(yaml), rules }, { staticIntegrations: new Set(['tickets']) }).map(formatProblem).join('\n')
    expect(warnings).toMatch(warning.startsWith('^') ? new RegExp(warning) : warning)
  })
})
