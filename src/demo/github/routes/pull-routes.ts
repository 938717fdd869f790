import { textOf } from '../../server/json-body.ts'
import { jsonReply } from '../../server/reply.ts'
import type { Answer } from '../../server/call.ts'
import { commitSha } from '../content.ts'
import type { Issue, Pull } from '../model.ts'
import { page } from '../pagination.ts'
import { failure, notFound, resource } from '../replies.ts'
import { renderDiff, renderPull, renderPullFile } from '../render.ts'
import { isRefused, readBodyObject, repositoryRoute, type GithubRoute, type RepositoryVisit } from '../route.ts'

const READ = [{ pull_requests: 'read' }] as const

/** Pull requests: list, look at, merge. */
export const pullRoutes: readonly GithubRoute[] = [
  repositoryRoute('GET', '/repos/{owner}/{repo}/pulls', READ, (visit) =>
    page(visit.call, wanted(visit), ({ pull, issue }) => renderPull(pull, issue, visit.repository, visit.call.origin)),
  ),
  // GitHub takes either permission here
  repositoryRoute('GET', '/repos/{owner}/{repo}/pulls/{pull_number}', [...READ, { contents: 'read' }], (visit) => withPull(visit, showPull)),
  repositoryRoute('GET', '/repos/{owner}/{repo}/pulls/{pull_number}/files', READ, (visit) =>
    withPull(visit, ({ pull }) => page(visit.call, pull.files, (file) => renderPullFile(file, pull, visit.repository, visit.call.origin))),
  ),
  repositoryRoute('GET', '/repos/{owner}/{repo}/pulls/{pull_number}/merge', READ, (visit) =>
    withPull(visit, ({ pull }) => (pull.mergedAtMs === undefined ? notFound() : { status: 204, headers: {}, body: undefined })),
  ),
  repositoryRoute('PUT', '/repos/{owner}/{repo}/pulls/{pull_number}/merge', [{ contents: 'write' }], (visit) => withPull(visit, merge)),
]

/** A pull request with its issue side. */
export interface PullPair {
  readonly pull: Pull
  readonly issue: Issue
}

/** Finds the pull request that the path names. */
export function withPull(visit: RepositoryVisit, answer: (pair: PullPair, visit: RepositoryVisit) => Answer): Answer {
  const number = Number(visit.parameters['pull_number'])
  const pull = visit.repository.pulls.get(number)
  const issue = visit.repository.issues.get(number)
  return pull === undefined || issue === undefined ? notFound() : answer({ pull, issue }, visit)
}

function wanted(visit: RepositoryVisit): readonly PullPair[] {
  const state = visit.call.query.get('state') ?? 'open'
  return [...visit.repository.pulls.values()]
    .flatMap((pull) => {
      const issue = visit.repository.issues.get(pull.number)
      return issue === undefined || (state !== 'all' && issue.state !== state) ? [] : [{ pull, issue }]
    })
    .toReversed()
}

function showPull({ pull, issue }: PullPair, visit: RepositoryVisit): Answer {
  if (/application\/vnd\.github(\.v3)?\.diff/.test(visit.call.headers.accept ?? '')) {
    return { status: 200, headers: { 'content-type': 'application/vnd.github.v3.diff; charset=utf-8' }, body: renderDiff(pull) }
  }
  return resource(visit.call, renderPull(pull, issue, visit.repository, visit.call.origin))
}

function merge({ pull, issue }: PullPair, visit: RepositoryVisit): Answer {
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  if (pull.mergedAtMs !== undefined || issue.state === 'closed' || pull.draft) return failure(405, 'Pull Request is not mergeable')
  const sha = textOf(body, 'sha')
  if (sha !== undefined && sha !== pull.head.sha) return failure(409, 'Head branch was modified. Review and try the merge again.')
  const base = visit.repository.branches.get(pull.base.ref)
  if (base === undefined) return notFound()
  pull.mergedAtMs = visit.world.clock.nowMs()
  issue.updatedAtMs = pull.mergedAtMs
  issue.state = 'closed'
  base.commitSha = commitSha(`${base.commitSha} merged ${pull.number}`)
  return jsonReply(200, { sha: base.commitSha, merged: true, message: 'Pull Request successfully merged' })
}
