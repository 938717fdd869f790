import type { Answer } from '../../server/call.ts'
import { textOf } from '../../server/json-body.ts'
import { jsonReply } from '../../server/reply.ts'
import type { Comment, Issue } from '../model.ts'
import { page } from '../pagination.ts'
import type { AcceptedPermissions } from '../permissions.ts'
import { validationFailed } from '../replies.ts'
import { renderComment, renderLabel } from '../render.ts'
import { isRefused, readBodyObject, repositoryRoute, type GithubRoute, type RepositoryVisit } from '../route.ts'
import { labelNames, withIssue } from './issue-routes.ts'

const READ: AcceptedPermissions = [{ issues: 'read' }, { pull_requests: 'read' }]
const WRITE: AcceptedPermissions = [{ issues: 'write' }, { pull_requests: 'write' }]
const COMMENTS = '/repos/{owner}/{repo}/issues/{issue_number}/comments'
const LABELS = '/repos/{owner}/{repo}/issues/{issue_number}/labels'

/** Comments and labels of issues and pull requests, which `issues` or `pull_requests` open. */
export const commentRoutes: readonly GithubRoute[] = [
  repositoryRoute('GET', COMMENTS, READ, (visit) =>
    withIssue(visit, 'read', (issue) =>
      page(visit.call, issue.comments, (comment) => renderComment(comment, issue, visit.repository, visit.call.origin)),
    ),
  ),
  repositoryRoute('POST', COMMENTS, WRITE, (visit) => withIssue(visit, 'write', createComment)),
  repositoryRoute('GET', '/repos/{owner}/{repo}/labels', READ, (visit) =>
    page(visit.call, [...visit.repository.labels.values()], (label) => renderLabel(label, visit.repository, visit.call.origin)),
  ),
  repositoryRoute('GET', LABELS, READ, (visit) => withIssue(visit, 'read', (issue) => listLabels(issue, visit))),
  repositoryRoute('POST', LABELS, WRITE, (visit) => withIssue(visit, 'write', addLabels)),
]

function createComment(issue: Issue, visit: RepositoryVisit): Answer {
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  const text = textOf(body, 'body')
  if (text === undefined || text === '') return validationFailed({ resource: 'IssueComment', field: 'body', code: 'missing_field' })
  const comment: Comment = { id: visit.world.nextId(), author: visit.author, body: text, createdAtMs: visit.world.clock.nowMs() }
  issue.comments.push(comment)
  issue.updatedAtMs = comment.createdAtMs
  return jsonReply(201, renderComment(comment, issue, visit.repository, visit.call.origin))
}

function listLabels(issue: Issue, visit: RepositoryVisit): Answer {
  const labels = issue.labels.flatMap((name) => visit.repository.labels.get(name) ?? [])
  return page(visit.call, labels, (label) => renderLabel(label, visit.repository, visit.call.origin))
}

function addLabels(issue: Issue, visit: RepositoryVisit): Answer {
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  const names = labelNames(body['labels'], visit)
  if (names === undefined) return validationFailed({ resource: 'Label', field: 'name', code: 'invalid' })
  issue.labels = [...new Set([...issue.labels, ...names])]
  return listLabels(issue, visit)
}
