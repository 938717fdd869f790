import type { Answer } from '../../server/call.ts'
import { textOf, type JsonObject } from '../../server/json-body.ts'
import { jsonReply } from '../../server/reply.ts'
import type { Issue } from '../model.ts'
import { page } from '../pagination.ts'
import { notFound, resource, validationFailed } from '../replies.ts'
import { renderIssue } from '../render.ts'
import { isRefused, mayAny, notAccessible, readBodyObject, repositoryRoute, type GithubRoute, type RepositoryVisit } from '../route.ts'
import type { PermissionAccess } from '../permissions.ts'

const LIST = '/repos/{owner}/{repo}/issues'
const ONE = `${LIST}/{issue_number}`

/** Issues; every pull request is one too. */
export const issueRoutes: readonly GithubRoute[] = [
  repositoryRoute('GET', LIST, [{ issues: 'read' }], (visit) =>
    page(visit.call, wanted(visit), (issue) => renderIssue(issue, visit.repository, visit.call.origin)),
  ),
  repositoryRoute('GET', ONE, [{ issues: 'read' }], (visit) => {
    const issue = issueOf(visit)
    return issue === undefined ? notFound() : resource(visit.call, renderIssue(issue, visit.repository, visit.call.origin))
  }),
  repositoryRoute('POST', LIST, [{ issues: 'write' }], createIssue),
  repositoryRoute('PATCH', ONE, [{ issues: 'write' }, { pull_requests: 'write' }], (visit) => withIssue(visit, 'write', changeIssue)),
]

/** Finds the issue that the path names, and sees that `pull_requests` serves for pull requests only. */
export function withIssue(
  visit: RepositoryVisit,
  access: PermissionAccess,
  answer: (issue: Issue, visit: RepositoryVisit) => Answer,
): Answer {
  const issue = issueOf(visit)
  if (issue === undefined) return notFound()
  const accepted = issue.isPull ? [{ issues: access }, { pull_requests: access }] : [{ issues: access }]
  return mayAny(visit, accepted) ? answer(issue, visit) : notAccessible(accepted)
}

/** The labels that a body names, all of them known; undefined where it is malformed. */
export function labelNames(value: unknown, visit: RepositoryVisit): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const existing = [...visit.repository.labels.keys()]
  const known = value.map((name: unknown) => {
    return typeof name === 'string' ? existing.find((one) => one.toLowerCase() === name.toLowerCase()) : undefined
  })
  return known.every((name) => name !== undefined) ? [...new Set(known)] : undefined
}

function issueOf(visit: RepositoryVisit): Issue | undefined {
  return visit.repository.issues.get(Number(visit.parameters['issue_number']))
}

function wanted(visit: RepositoryVisit): readonly Issue[] {
  const state = visit.call.query.get('state') ?? 'open'
  const labels = (visit.call.query.get('labels') ?? '').split(',').filter((name) => name !== '')
  return [...visit.repository.issues.values()]
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => labels.every((name) => issue.labels.includes(name)))
    .toReversed()
}

function createIssue(visit: RepositoryVisit): Answer {
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  const title = textOf(body, 'title')
  if (title === undefined || title === '') return validationFailed({ resource: 'Issue', field: 'title', code: 'missing_field' })
  const labels = body['labels'] === undefined ? [] : labelNames(body['labels'], visit)
  if (labels === undefined) return validationFailed({ resource: 'Label', field: 'name', code: 'invalid' })
  const nowMs = visit.world.clock.nowMs()
  const issue: Issue = {
    id: visit.world.nextId(),
    number: Math.max(0, ...visit.repository.issues.keys()) + 1,
    author: visit.author,
    isPull: false,
    title,
    body: textOf(body, 'body') ?? '',
    state: 'open',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    labels,
    comments: [],
  }
  visit.repository.issues.set(issue.number, issue)
  return jsonReply(201, renderIssue(issue, visit.repository, visit.call.origin))
}

function changeIssue(issue: Issue, visit: RepositoryVisit): Answer {
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  const state = textOf(body, 'state') ?? issue.state
  if (state !== 'open' && state !== 'closed') return validationFailed({ resource: 'Issue', field: 'state', code: 'invalid' })
  return applyChange(issue, state, body, visit)
}

function applyChange(issue: Issue, state: Issue['state'], body: JsonObject, visit: RepositoryVisit): Answer {
  issue.state = state
  issue.title = textOf(body, 'title') ?? issue.title
  issue.body = textOf(body, 'body') ?? issue.body
  issue.updatedAtMs = visit.world.clock.nowMs()
  return resource(visit.call, renderIssue(issue, visit.repository, visit.call.origin))
}
