import type { Comment, Issue } from '../model.ts'
import { nodeId } from '../render.ts'
import type { Visit } from '../route.ts'
import { findRepository } from '../world.ts'
import { commentObject, issueObject, pullObject, repositoryObject, viewerObject } from './objects.ts'
import { authorOf, demand, graphqlFailure, issueByNodeId, noSuchNode, reach } from './reach.ts'

/** What the executor begins from: queries and mutations for one caller. */
export function rootOf(visit: Visit): object {
  return { ...queries(visit), ...mutations(visit) }
}

function queries(visit: Visit): object {
  return {
    viewer: () => viewerObject(authorOf(visit), visit),
    rateLimit: () => ({ limit: 5_000, cost: 1, remaining: 4_999, used: 1 }),
    repository: ({ owner, name }: { owner: string; name: string }) => {
      const reached = reach(visit, findRepository(visit.world, owner, name))
      if (reached === undefined) throw graphqlFailure('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`)
      return repositoryObject(reached)
    },
    node: ({ id }: { id: string }) => {
      const repository = visit.world.repositories.map((one) => reach(visit, one)).find((one) => one !== undefined && nodeId('R', one.repository.id) === id)
      if (repository !== undefined) return repositoryObject(repository)
      const found = issueByNodeId(visit, id)
      if (found === undefined) throw noSuchNode(id)
      demand(found.reached, [{ [found.issue.isPull ? 'pull_requests' : 'issues']: 'read' }])
      return found.issue.isPull ? pullOf(found) : issueObject(found.reached, found.issue)
    },
  }
}

function mutations(visit: Visit): object {
  return {
    addComment: ({ input }: { input: { subjectId: string; body: string; clientMutationId?: string } }) => {
      const { reached, issue } = mustFind(visit, input.subjectId)
      demand(reached, issue.isPull ? [{ issues: 'write' }, { pull_requests: 'write' }] : [{ issues: 'write' }])
      const comment: Comment = { id: visit.world.nextId(), author: authorOf(visit), body: input.body, createdAtMs: visit.world.clock.nowMs() }
      issue.comments.push(comment)
      return { clientMutationId: input.clientMutationId, commentEdge: { node: commentObject(reached, issue, comment) }, subject: issueObject(reached, issue) }
    },
    createIssue: ({ input }: { input: { repositoryId: string; title: string; body?: string } }) => createIssue(visit, input),
    closeIssue: ({ input }: { input: { issueId: string } }) => {
      const { reached, issue } = mustFind(visit, input.issueId)
      demand(reached, [{ issues: 'write' }])
      issue.state = 'closed'
      return { issue: issueObject(reached, issue) }
    },
    mergePullRequest: ({ input }: { input: { pullRequestId: string } }) => {
      const found = mustFind(visit, input.pullRequestId)
      demand(found.reached, [{ contents: 'write' }])
      const pull = found.reached.repository.pulls.get(found.issue.number)
      if (pull === undefined || pull.mergedAtMs !== undefined || pull.draft) throw graphqlFailure('UNPROCESSABLE', 'Pull Request is not mergeable')
      pull.mergedAtMs = visit.world.clock.nowMs()
      found.issue.state = 'closed'
      return { pullRequest: pullOf(found) }
    },
  }
}

function createIssue(visit: Visit, { repositoryId, title, body = '' }: { repositoryId: string; title: string; body?: string }): object {
  const reached = reach(visit, visit.world.repositories.find((one) => nodeId('R', one.id) === repositoryId))
  if (reached === undefined) throw noSuchNode(repositoryId)
  demand(reached, [{ issues: 'write' }])
  const { issues } = reached.repository
  const nowMs = visit.world.clock.nowMs()
  const issue: Issue = {
    id: visit.world.nextId(), number: Math.max(0, ...issues.keys()) + 1, author: authorOf(visit), isPull: false, title, body, state: 'open',
    createdAtMs: nowMs, updatedAtMs: nowMs, labels: [], comments: [],
  }
  issues.set(issue.number, issue)
  return { issue: issueObject(reached, issue) }
}

type Found = NonNullable<ReturnType<typeof issueByNodeId>>

function mustFind(visit: Visit, id: string): Found {
  const found = issueByNodeId(visit, id)
  if (found === undefined) throw noSuchNode(id)
  return found
}

function pullOf({ reached, issue }: Found): object {
  const pull = reached.repository.pulls.get(issue.number)
  if (pull === undefined) throw new TypeError(`pull request ${issue.number} is none`)
  return pullObject(reached, pull)
}
