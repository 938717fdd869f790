import { fileSize } from '../content.ts'
import type { Account, Comment, Issue, Pull } from '../model.ts'
import { nodeId, timestamp } from '../render.ts'
import { fullName } from '../world.ts'
import { demand, issueNodeId, reach, type Reached } from './reach.ts'

type Page = { readonly first?: number; readonly last?: number; readonly states?: readonly string[]; readonly headRefName?: string }
const NO_MORE = { hasNextPage: false, endCursor: null }
const EITHER_READ = [{ issues: 'read' }, { pull_requests: 'read' }] as const

/** A repository as the executor reads it: each field demands its own permission when it is asked for. */
export function repositoryObject(reached: Reached): object {
  const { repository } = reached
  return {
    __typename: 'Repository',
    id: nodeId('R', repository.id), name: repository.name, nameWithOwner: fullName(repository), description: repository.description,
    isPrivate: true, hasIssuesEnabled: true, url: urlOf(reached), viewerPermission: 'WRITE', parent: null,
    owner: accountObject(repository.owner),
    defaultBranchRef: () => demanding(reached, 'contents', () => ({ name: repository.defaultBranch })),
    object: ({ expression }: { expression: string }) => demanding(reached, 'contents', () => blobObject(reached, expression)),
    labels: () => {
      demand(reached, EITHER_READ)
      return pageOf([...repository.labels.values()].map((label) => ({ ...label, id: nodeId('LA', label.id) })))
    },
    issue: ({ number }: { number: number }) => demanding(reached, 'issues', () => {
      const issue = repository.issues.get(number)
      return issue === undefined || issue.isPull ? null : issueObject(reached, issue)
    }),
    issues: (wish: Page) => demanding(reached, 'issues', () =>
      pageOf([...repository.issues.values()].filter((issue) => !issue.isPull && fits(stateOf(issue), wish)).map((issue) => issueObject(reached, issue)), wish)),
    pullRequest: ({ number }: { number: number }) => demanding(reached, 'pull_requests', () => {
      const pull = repository.pulls.get(number)
      return pull === undefined ? null : pullObject(reached, pull)
    }),
    pullRequests: (wish: Page) => demanding(reached, 'pull_requests', () =>
      pageOf([...repository.pulls.values()].filter((pull) => wish.headRefName === undefined || pull.head.ref === wish.headRefName).map((pull) => pullObject(reached, pull)), wish)),
  }
}

/** An issue, or a pull request's issue side. */
export function issueObject(reached: Reached, issue: Issue): object {
  const { repository } = reached
  return {
    __typename: 'Issue',
    id: issueNodeId(repository, issue), number: issue.number, title: issue.title, body: issue.body, state: stateOf(issue), closed: issue.state === 'closed',
    url: `${urlOf(reached)}/issues/${issue.number}`, createdAt: timestamp(issue.createdAtMs), updatedAt: timestamp(issue.updatedAtMs), author: accountObject(issue.author),
    labels: () => pageOf(issue.labels.flatMap((name) => repository.labels.get(name) ?? []).map((label) => ({ ...label, id: nodeId('LA', label.id) }))),
    comments: (wish: Page) => pageOf(issue.comments.map((comment) => commentObject(reached, issue, comment)), wish),
    repository: () => repositoryObject(reached),
  }
}

/** A pull request, its issue side included. */
export function pullObject(reached: Reached, pull: Pull): object {
  const { repository } = reached
  const issue = repository.issues.get(pull.number)
  if (issue === undefined) throw new TypeError(`pull request ${pull.number} has no issue side`)
  return {
    ...issueObject(reached, issue),
    __typename: 'PullRequest',
    url: `${urlOf(reached)}/pull/${pull.number}`, state: pull.mergedAtMs === undefined ? stateOf(issue) : 'MERGED', merged: pull.mergedAtMs !== undefined,
    isDraft: pull.draft, isCrossRepository: false, headRefName: pull.head.ref, headRefOid: pull.head.sha, baseRefName: pull.base.ref,
    additions: pull.files.reduce((sum, file) => sum + file.additions, 0), deletions: pull.files.reduce((sum, file) => sum + file.deletions, 0),
    headRepositoryOwner: accountObject(repository.owner), headRepository: () => repositoryObject(reached),
  }
}

export function commentObject(reached: Reached, issue: Issue, comment: Comment): object {
  const url = `${urlOf(reached)}/issues/${issue.number}#issuecomment-${comment.id}`
  return { __typename: 'IssueComment', id: nodeId('IC', comment.id), author: accountObject(comment.author), body: comment.body, url }
}

export function accountObject(account: Account): object {
  return { __typename: account.type, id: nodeId('U', account.id), databaseId: account.id, login: account.login, name: account.login, url: `https://github.com/${account.login}` }
}

/** A person or an app's bot, as the token that calls; their repositories are all that it sees. */
export function viewerObject(account: Account, visit: Reached['visit']): object {
  const repositories = visit.world.repositories.flatMap((repository) => reach(visit, repository) ?? [])
  return { ...accountObject(account), __typename: 'User', repositories: () => pageOf(repositories.map(repositoryObject)) }
}

function blobObject({ repository }: Reached, expression: string): object | null {
  const [branch = '', path = ''] = expression.split(':')
  const file = repository.branches.get(branch === 'HEAD' ? repository.defaultBranch : branch)?.files.get(path)
  if (file === undefined) return null
  return { __typename: 'Blob', oid: file.kind === 'text' ? file.sha : '', byteSize: fileSize(file), text: file.kind === 'text' ? file.content.toString() : null }
}

function demanding<T>(reached: Reached, permission: string, read: () => T): T {
  demand(reached, [{ [permission]: 'read' }])
  return read()
}

function pageOf(all: readonly object[], { first = 100, last }: Page = {}): object {
  const nodes = last === undefined ? all.slice(0, first) : all.slice(-last)
  return { nodes, totalCount: all.length, pageInfo: NO_MORE }
}

function fits(state: string, { states }: Page): boolean {
  return states === undefined || states.includes(state)
}

function stateOf(issue: Issue): string {
  return issue.state.toUpperCase()
}

function urlOf({ repository }: Reached): string {
  return `https://github.com/${fullName(repository)}`
}
