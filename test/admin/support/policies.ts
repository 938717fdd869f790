import type { AdminIntegration, AdminIntegrations } from '../../../src/authority/admin/integrations/admin-integration.ts'
import { describeGithub } from '../../../src/integrations/github/github.ts'
import { githubScopeWords } from '../../../src/integrations/github/scope-words.ts'
import { IntegrationIndex } from '../../../src/integrations/integration-index.ts'
import { describeSlack } from '../../../src/integrations/slack/slack-integration.ts'
import { slackScopeWords } from '../../../src/integrations/slack/scope-words.ts'
import { slackUserScope } from '../../../src/integrations/slack/user-scope.ts'
import { documentOf } from '../../../src/lib/yaml-document.ts'
import { parseYamlText } from '../../../src/lib/yaml-document-parse.ts'
import { compilePolicies } from '../../../src/policy/compile.ts'
import { compileCondition } from '../../../src/policy/conditions.ts'
import { CompiledSnapshot } from '../../../src/policy/compiled-snapshot.ts'
import { readPolicyDocument } from '../../../src/policy/document.ts'
import type { LoadedPolicies } from '../../../src/policy/load.ts'

const at = (host: string) => ({ scheme: 'https', host, port: 443, basePath: '' }) as const
const github = describeGithub({ name: 'github', api: at('api.github.com'), uploads: undefined })
const slack = describeSlack({ name: 'slack', origins: { api: at('slack.com'), upload: at('files.slack.com') } })

/** What requests to GitHub and Slack mean. */
export const index = new IntegrationIndex([github, slack])

/** Both as the API tells of them. */
export const integrations: AdminIntegrations = new Map<string, AdminIntegration>([
  ['github', {
    name: 'github', title: 'GitHub', type: 'github', connectable: true, authority: 'both', vocabulary: github.vocabulary, words: githubScopeWords,
    wanted: [], grantedAs: (scope) => scope, scopesNote: 'GitHub’s user tokens have no scopes of their own.',
  }],
  ['slack', {
    name: 'slack', title: 'Slack', type: 'slack', connectable: true, authority: 'both', vocabulary: slack.vocabulary, words: slackScopeWords,
    wanted: ['chat:write', 'users:read'], grantedAs: slackUserScope, scopesNote: undefined,
  }],
])

/** Of one file, as the loader would have it; @throws where they could not be loaded */
export function loaded(text: string, file = 'policies/p.yaml'): LoadedPolicies {
  const documents = parseYamlText(text).documents.map((parsed) => {
    const read = readPolicyDocument(documentOf(file, parsed))
    if ('text' in read) return read
    throw new Error(JSON.stringify(read))
  })
  const vocabularies = new Map([...index.all()].map(({ name, vocabulary }) => [name, vocabulary]))
  const { policies, rules, problems } = compilePolicies(documents, vocabularies, 'sha256:abc', 'policies', compileCondition)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return { snapshot: new CompiledSnapshot(policies, vocabularies), documents, rules, sources: [{ file, hash: 'sha256:def', text }] }
}

/** The policies of the tests' organisation. */
export const POLICIES = `policy: org
default: allow
rules:
  - id: production-is-read-only
    deny: { integration: github, access: [write, admin], target: "acme-corp/prod-*" }
    because: Production repositories are read-only for agents.
  - id: bobs-holiday
    deny: { integration: github, person: "user:bob@acme.com", target: "acme-corp/*" }
  - id: others
    deny: { integration: slack, agent: "agent:issue-*" }
  - id: contractors
    ask: { integration: slack, group: contractors }
---
policy: agent
agent: agent:pr-reviewer
rules:
  - id: review
    allow: { integration: github, scopes: [pulls:read, pulls:write, contents:read], target: "acme-corp/*" }
    expires_in: 10m
    limits: { requests: 60/m }
  - id: short-messages
    allow: { integration: slack, scopes: [chat:write], when: 'size(body.text) < 20' }
    because: Only short messages.
`
