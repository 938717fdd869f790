import type { Account, Comment, Issue, Label, Pull, PullFile, Repository, Review } from './model.ts'
import { fullName } from './world.ts'

/** Milliseconds as GitHub writes times: whole seconds, UTC. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The id by which GraphQL would know it. */
export function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(String(id)).toString('base64url')}`
}

/** A user, an organisation or a bot, in short. */
export function renderAccount(account: Account, origin: string): object {
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('U', account.id),
    url: `${origin}/users/${encodeURIComponent(account.login)}`,
    html_url: `https://github.com/${account.login}`,
    type: account.type,
    site_admin: false,
  }
}

/** A repository as lists and the endpoint itself show it. */
export function renderRepository(repository: Repository, origin: string): object {
  const url = `${origin}/repos/${fullName(repository)}`
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: true,
    visibility: 'private',
    owner: renderAccount(repository.owner, origin),
    html_url: `https://github.com/${fullName(repository)}`,
    description: repository.description,
    fork: false,
    archived: false,
    disabled: false,
    url,
    pulls_url: `${url}/pulls{/number}`,
    issues_url: `${url}/issues{/number}`,
    contents_url: `${url}/contents/{+path}`,
    default_branch: repository.defaultBranch,
    open_issues_count: [...repository.issues.values()].filter((issue) => issue.state === 'open').length,
    created_at: timestamp(repository.createdAtMs),
    updated_at: timestamp(repository.createdAtMs),
    pushed_at: timestamp(repository.createdAtMs),
  }
}

export function renderLabel(label: Label, repository: Repository, origin: string): object {
  return {
    ...label,
    node_id: nodeId('LA', label.id),
    url: `${origin}/repos/${fullName(repository)}/labels/${encodeURIComponent(label.name)}`,
    default: false,
  }
}

/** An issue; one that is a pull request says so. */
export function renderIssue(issue: Issue, repository: Repository, origin: string): object {
  const base = `${origin}/repos/${fullName(repository)}`
  const page = `https://github.com/${fullName(repository)}/${issue.isPull ? 'pull' : 'issues'}/${issue.number}`
  return {
    id: issue.id,
    node_id: nodeId('I', issue.id),
    url: `${base}/issues/${issue.number}`,
    repository_url: base,
    comments_url: `${base}/issues/${issue.number}/comments`,
    html_url: page,
    number: issue.number,
    title: issue.title,
    state: issue.state,
    user: renderAccount(issue.author, origin),
    body: issue.body,
    labels: issue.labels.flatMap((name) => {
      const label = repository.labels.get(name)
      return label === undefined ? [] : [renderLabel(label, repository, origin)]
    }),
    assignees: [],
    locked: false,
    comments: issue.comments.length,
    created_at: timestamp(issue.createdAtMs),
    updated_at: timestamp(issue.updatedAtMs),
    closed_at: issue.state === 'closed' ? timestamp(issue.updatedAtMs) : null,
    ...(issue.isPull ? { pull_request: { url: `${base}/pulls/${issue.number}`, html_url: page } } : {}),
  }
}

export function renderComment(comment: Comment, issue: Issue, repository: Repository, origin: string): object {
  const base = `${origin}/repos/${fullName(repository)}/issues`
  return {
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    url: `${base}/comments/${comment.id}`,
    issue_url: `${base}/${issue.number}`,
    html_url: `https://github.com/${fullName(repository)}/issues/${issue.number}#issuecomment-${comment.id}`,
    body: comment.body,
    user: renderAccount(comment.author, origin),
    created_at: timestamp(comment.createdAtMs),
    updated_at: timestamp(comment.createdAtMs),
  }
}

/** A pull request; `issue` is its issue side, which has title, text and state. */
export function renderPull(pull: Pull, issue: Issue, repository: Repository, origin: string): object {
  const base = `${origin}/repos/${fullName(repository)}`
  const mergedAt = pull.mergedAtMs === undefined ? null : timestamp(pull.mergedAtMs)
  return {
    ...renderIssue(issue, repository, origin),
    id: pull.id,
    node_id: nodeId('PR', pull.id),
    url: `${base}/pulls/${pull.number}`,
    issue_url: `${base}/issues/${pull.number}`,
    diff_url: `https://github.com/${fullName(repository)}/pull/${pull.number}.diff`,
    draft: pull.draft,
    head: renderSide(pull.head, repository, origin),
    base: renderSide(pull.base, repository, origin),
    merged: pull.mergedAtMs !== undefined,
    merged_at: mergedAt,
    mergeable: pull.mergedAtMs === undefined && issue.state === 'open',
    mergeable_state: pull.draft ? 'draft' : 'clean',
    commits: 1,
    changed_files: pull.files.length,
    additions: pull.files.reduce((sum, file) => sum + file.additions, 0),
    deletions: pull.files.reduce((sum, file) => sum + file.deletions, 0),
    requested_reviewers: [],
  }
}

function renderSide(side: Pull['head'], repository: Repository, origin: string): object {
  return {
    label: `${repository.owner.login}:${side.ref}`,
    ...side,
    user: renderAccount(repository.owner, origin),
    repo: renderRepository(repository, origin),
  }
}

export function renderPullFile(file: PullFile, pull: Pull, repository: Repository, origin: string): object {
  return {
    sha: pull.head.sha,
    ...file,
    changes: file.additions + file.deletions,
    contents_url: `${origin}/repos/${fullName(repository)}/contents/${encodeURIComponent(file.filename)}?ref=${pull.head.sha}`,
  }
}

export function renderReview(review: Review, pull: Pull, repository: Repository, origin: string): object {
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: renderAccount(review.author, origin),
    body: review.body,
    state: review.state,
    commit_id: review.commitSha,
    html_url: `https://github.com/${fullName(repository)}/pull/${pull.number}#pullrequestreview-${review.id}`,
    pull_request_url: `${origin}/repos/${fullName(repository)}/pulls/${pull.number}`,
    author_association: 'NONE',
    ...(review.submittedAtMs === undefined ? {} : { submitted_at: timestamp(review.submittedAtMs) }),
  }
}

/** The unified diff of a pull request. */
export function renderDiff(pull: Pull): string {
  const diffs = pull.files.map(({ filename: name, patch }) => [`diff --git a/${name} b/${name}`, `--- a/${name}`, `+++ b/${name}`, patch, ''])
  return diffs.map((lines) => lines.join('\n')).join('')
}
