import type { Answer } from '../../server/call.ts'
import { textOf } from '../../server/json-body.ts'
import type { Review, ReviewState } from '../model.ts'
import { page } from '../pagination.ts'
import { failure, notFound, resource, validationFailed } from '../replies.ts'
import { renderReview } from '../render.ts'
import { isRefused, readBodyObject, repositoryRoute, type GithubRoute, type RepositoryVisit } from '../route.ts'
import { withPull, type PullPair } from './pull-routes.ts'

const EVENTS: Readonly<Record<string, ReviewState>> = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' }
const PATH = '/repos/{owner}/{repo}/pulls/{pull_number}/reviews'

/** Reviews of a pull request. */
export const reviewRoutes: readonly GithubRoute[] = [
  repositoryRoute('GET', PATH, [{ pull_requests: 'read' }], (visit) =>
    withPull(visit, ({ pull }) => page(visit.call, pull.reviews, (review) => renderReview(review, pull, visit.repository, visit.call.origin))),
  ),
  repositoryRoute('GET', `${PATH}/{review_id}`, [{ pull_requests: 'read' }], (visit) => withPull(visit, showReview)),
  repositoryRoute('POST', PATH, [{ pull_requests: 'write' }], (visit) => withPull(visit, createReview)),
]

function showReview({ pull }: PullPair, visit: RepositoryVisit): Answer {
  const review = pull.reviews.find((one) => String(one.id) === visit.parameters['review_id'])
  return review === undefined ? notFound() : resource(visit.call, renderReview(review, pull, visit.repository, visit.call.origin))
}

function createReview({ pull }: PullPair, visit: RepositoryVisit): Answer {
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  const event = textOf(body, 'event')
  const state = event === undefined ? 'PENDING' : EVENTS[event]
  if (state === undefined) return validationFailed({ resource: 'PullRequestReview', field: 'event', code: 'invalid' })
  const text = textOf(body, 'body') ?? ''
  if (text === '' && (state === 'COMMENTED' || state === 'CHANGES_REQUESTED')) {
    return failure(422, 'Unprocessable Entity: a review of this kind needs a body')
  }
  const review: Review = {
    id: visit.world.nextId(),
    author: visit.author,
    body: text,
    state,
    commitSha: textOf(body, 'commit_id') ?? pull.head.sha,
    submittedAtMs: state === 'PENDING' ? undefined : visit.world.clock.nowMs(),
  }
  pull.reviews.push(review)
  return resource(visit.call, renderReview(review, pull, visit.repository, visit.call.origin))
}
