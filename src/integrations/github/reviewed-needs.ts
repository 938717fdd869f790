/**
 * GitHub's table lists several permissions for 73 endpoints and does not say whether they mean "and" or "or".
 * Each decision stands here, with its reason. An endpoint with several permissions that stands nowhere here can never be allowed.
 * An "or" that were an "and" at GitHub makes a token that GitHub refuses: safe. The reverse would make a token that can more than
 * it must, so "and" stands only where GitHub's documentation says so.
 */
export interface NeedFamily {
  readonly reason: string
  /**
   * - `any_of`: one of the listed permissions suffices;
   * - `all_of`: all of them together;
   * - `workflow_path`: `contents` alone, and `workflows` too where the path is a workflow file's;
   * - `workflow_content`: `contents` alone, or with `workflows` where what is referred to changes workflow files (unknowable here);
   * - `only`: just this permission, since the others belong to a variant of the request.
   */
  readonly need: 'any_of' | 'all_of' | 'workflow_path' | 'workflow_content' | { readonly only: string }
  readonly endpoints: readonly string[]
}

const REPO = '/repos/{owner}/{repo}'
const ISSUE = `${REPO}/issues/{issue_number}`
const COPILOT = '/orgs/{org}/copilot/billing'
const RECORD = '/orgs/{org}/artifacts/metadata'

/** The reviewed decisions. */
export const NEED_FAMILIES: readonly NeedFamily[] = [
  {
    reason: 'A pull request is an issue too: comments, labels, assignees, milestones, events and locks belong to both, and either permission suffices.',
    need: 'any_of',
    endpoints: [
      `GET ${REPO}/assignees`, `GET ${REPO}/assignees/{assignee}`,
      `GET ${REPO}/issues/comments`, `GET ${REPO}/issues/comments/{comment_id}`,
      `PATCH ${REPO}/issues/comments/{comment_id}`, `DELETE ${REPO}/issues/comments/{comment_id}`,
      `GET ${REPO}/issues/events/{event_id}`, `GET ${ISSUE}/events`, `GET ${ISSUE}/timeline`,
      `PATCH ${ISSUE}`,
      `POST ${ISSUE}/assignees`, `DELETE ${ISSUE}/assignees`, `GET ${ISSUE}/assignees/{assignee}`,
      `GET ${ISSUE}/comments`, `POST ${ISSUE}/comments`,
      `POST ${ISSUE}/issue-field-values`, `PUT ${ISSUE}/issue-field-values`,
      `DELETE ${ISSUE}/issue-field-values/{issue_field_id}`,
      `GET ${ISSUE}/labels`, `POST ${ISSUE}/labels`, `PUT ${ISSUE}/labels`, `DELETE ${ISSUE}/labels`, `DELETE ${ISSUE}/labels/{name}`,
      `PUT ${ISSUE}/lock`, `DELETE ${ISSUE}/lock`,
      `GET ${REPO}/labels`, `POST ${REPO}/labels`,
      `GET ${REPO}/labels/{name}`, `PATCH ${REPO}/labels/{name}`, `DELETE ${REPO}/labels/{name}`,
      `GET ${REPO}/milestones`, `POST ${REPO}/milestones`, `GET ${REPO}/milestones/{milestone_number}`,
      `PATCH ${REPO}/milestones/{milestone_number}`, `DELETE ${REPO}/milestones/{milestone_number}`,
      `GET ${REPO}/milestones/{milestone_number}/labels`,
    ],
  },
  {
    reason: 'Reading a pull request takes pull_requests; contents belongs to the diff and patch media types (pull-media-type.ts).',
    need: { only: 'pull_requests:read' },
    endpoints: [`GET ${REPO}/pulls/{pull_number}`],
  },
  {
    reason: 'Writing a file takes contents; a file under .github/workflows takes workflows as well.',
    need: 'workflow_path',
    endpoints: [`PUT ${REPO}/contents/{path}`, `DELETE ${REPO}/contents/{path}`],
  },
  {
    reason: 'Moving a ref or releasing a commit takes contents, and workflows only where that commit changes workflow files without a ref yet.',
    need: 'workflow_content',
    endpoints: [
      `POST ${REPO}/git/refs`, `PATCH ${REPO}/git/refs/{ref}`,
      `POST ${REPO}/releases`, `PATCH ${REPO}/releases/{release_id}`,
    ],
  },
  {
    reason: 'Creating, changing, removing or checking a Pages site is a repository setting: pages and administration together.',
    need: 'all_of',
    endpoints: [`POST ${REPO}/pages`, `PUT ${REPO}/pages`, `DELETE ${REPO}/pages`, `GET ${REPO}/pages/health`],
  },
  {
    reason: 'A fork or a repository from a template reads one repository and creates another: contents and administration together.',
    need: 'all_of',
    endpoints: [`POST ${REPO}/forks`, 'POST /repos/{template_owner}/{template_repo}/generate'],
  },
  {
    reason: 'A private fork for an advisory reads the advisory and creates a repository: both together.',
    need: 'all_of',
    endpoints: [`POST ${REPO}/security-advisories/{ghsa_id}/forks`],
  },
  {
    reason: "Giving a team a repository changes the repository's access and reads the team: administration and members together.",
    need: 'all_of',
    endpoints: [
      'PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}', 'DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}',
      'PUT /teams/{team_id}/repos/{owner}/{repo}', 'DELETE /teams/{team_id}/repos/{owner}/{repo}',
    ],
  },
  {
    reason: "An organisation's codespaces are codespaces in its repositories: GitHub documents both permissions together.",
    need: 'all_of',
    endpoints: [
      'GET /orgs/{org}/codespaces', 'GET /orgs/{org}/members/{username}/codespaces',
      'DELETE /orgs/{org}/members/{username}/codespaces/{codespace_name}',
      'POST /orgs/{org}/members/{username}/codespaces/{codespace_name}/stop',
    ],
  },
  {
    reason: 'Copilot seats and metrics: GitHub documents Copilot Business or organisation administration, "at least one of".',
    need: 'any_of',
    endpoints: [
      `GET ${COPILOT}`, `GET ${COPILOT}/seats`,
      `POST ${COPILOT}/selected_teams`, `DELETE ${COPILOT}/selected_teams`,
      `POST ${COPILOT}/selected_users`, `DELETE ${COPILOT}/selected_users`,
      'GET /orgs/{org}/copilot/metrics', 'GET /orgs/{org}/team/{team_slug}/copilot/metrics',
      'GET /orgs/{org}/members/{username}/copilot',
    ],
  },
  {
    reason: 'Artifact records: GitHub documents artifact metadata or contents, "at least one of".',
    need: 'any_of',
    endpoints: [
      `POST ${RECORD}/deployment-record`, `POST ${RECORD}/deployment-record/cluster/{cluster}`, `POST ${RECORD}/storage-record`,
      'GET /orgs/{org}/artifacts/{subject_digest}/metadata/deployment-records',
      'GET /orgs/{org}/artifacts/{subject_digest}/metadata/storage-records',
    ],
  },
  {
    reason: 'Invitations are a repository setting; the second permission is one that no app can be given.',
    need: { only: 'administration:read' },
    endpoints: [`GET ${REPO}/invitations`],
  },
]

/**
 * Operations that ask for a read permission and yet change or send something: their access is `write`, so that a rule that keeps a
 * repository read-only holds them too. Their scope stays what GitHub asks for.
 */
export const WRITES_WITH_READ_SCOPE: ReadonlySet<string> = new Set([
  `POST ${REPO}/commits/{commit_sha}/comments`,
  `POST ${REPO}/hooks/{hook_id}/pings`,
  `POST ${REPO}/hooks/{hook_id}/tests`,
])
