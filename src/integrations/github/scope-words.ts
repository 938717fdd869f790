import type { Access } from '../../model/operation.ts'
import type { Power, ScopeWords } from '../scope-words.ts'
import { parseScope } from './vocabulary.ts'

/** Permissions whose levels need sentences of their own: what people would not guess from the noun. */
const SENTENCES: Readonly<Record<string, string>> = {
  'metadata:read': 'See repositories by name, with their description, topics and languages',
  'contents:read': 'Read code, commits, branches and releases',
  'contents:write': 'Push code, create branches and releases, and merge pull requests',
  'pull_requests:read': 'Read pull requests, their reviews and comments',
  'pull_requests:write': 'Open, edit, review and comment on pull requests; close them',
  'issues:read': 'Read issues and their comments',
  'issues:write': 'Open, edit, label, comment on and close issues',
  'actions:read': 'Read workflow runs, their logs and artifacts',
  'actions:write': 'Start, cancel and delete workflow runs',
  'workflows:write': 'Change the workflow files that run in CI',
  'checks:write': 'Report check results on commits',
  'statuses:write': 'Report statuses on commits',
  'deployments:write': 'Create deployments and approve those that wait',
  'administration:read': 'Read the settings of repositories, their teams and branch protection',
  'administration:write': 'Change settings and branch protection, manage access, and delete repositories',
  'secrets:read': 'See which Actions secrets exist, not their values',
  'secrets:write': 'Set and delete Actions secrets',
  'repository_hooks:write': 'Create and change webhooks, which send events to other servers',
  'members:read': 'See the members and teams of the organisation',
  'members:write': 'Invite and remove members, and change teams',
  'organization_administration:write': 'Change the settings of the organisation',
  'security_events:read': 'Read code scanning alerts',
  'emails:read': 'See your e-mail addresses',
}

/** What a permission is about, where its name says it badly. */
const NOUNS: Readonly<Record<string, string>> = {
  checks: 'check results', statuses: 'commit statuses', keys: 'your SSH keys', gpg_keys: 'your GPG keys', emails: 'your e-mail addresses',
  gists: 'your gists', profile: 'your profile', followers: 'whom you follow', starring: 'your stars', watching: 'what you watch', plan: 'your plan',
  blocking: 'whom you block', members: 'members and teams', secrets: 'Actions secrets', environments: 'deployment environments', pages: 'GitHub Pages',
  repository_hooks: 'webhooks of repositories', organization_hooks: 'webhooks of the organisation', security_events: 'code scanning alerts',
  secret_scanning_alerts: 'secret scanning alerts, with the secrets found', vulnerability_alerts: 'vulnerability alerts', contents: 'code',
}

const POWERS: readonly Power[] = [
  { words: 'merge pull requests or push code', operations: ['PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', 'PUT /repos/{owner}/{repo}/contents/{path}', 'POST /repos/{owner}/{repo}/git/refs', 'POST /{owner}/{repo}.git/git-receive-pack'] },
  { words: 'delete repositories, change their settings or who has access', operations: ['DELETE /repos/{owner}/{repo}', 'PATCH /repos/{owner}/{repo}', 'PUT /repos/{owner}/{repo}/collaborators/{username}'] },
  { words: 'change branch protection', operations: ['PUT /repos/{owner}/{repo}/branches/{branch}/protection'] },
  { words: 'set secrets or start workflows', operations: ['PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}', 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'] },
  { words: 'create webhooks', operations: ['POST /repos/{owner}/{repo}/hooks'] },
  { words: 'comment, review or open anything', operations: ['POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews', 'POST /repos/{owner}/{repo}/pulls', 'POST /repos/{owner}/{repo}/issues', 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'] },
  { words: 'read code', operations: ['GET /repos/{owner}/{repo}/contents/{path}'] },
]

/** GitHub's permissions, as people say them. */
export const githubScopeWords: ScopeWords = {
  title: 'GitHub',
  can: sentence,
  access: (scope) => parseScope(scope)?.access ?? 'admin',
  targets: { one: 'repository', many: 'repositories', everything: 'every repository that you can reach' },
  powers: POWERS,
}

const VERBS: Readonly<Record<Access, string>> = { read: 'Read', write: 'Create, change and delete', admin: 'Administer' }

function sentence(scope: string): string {
  const own = SENTENCES[scope]
  if (own !== undefined && Object.hasOwn(SENTENCES, scope)) return own
  const permission = parseScope(scope)
  if (permission === undefined) return `Use the permission ${scope}`
  const noun = Object.hasOwn(NOUNS, permission.name) ? NOUNS[permission.name] : permission.name.replaceAll('_', ' ')
  return `${VERBS[permission.access]} ${noun}`
}
