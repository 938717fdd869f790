import { connection, needing, shape } from '../shape.ts'
import { AUTHORED, LABELABLE, LABELABLE_BELOW, linkedRepository } from './conversation-shapes.ts'

const ISSUES_READ = 'issues:read'
const PULLS_READ = 'pull_requests:read'

/** An issue that another refers to: it may lie in another repository. */
export const linkedIssue = shape('Issue', 'id number title state stateReason closed url resourcePath', { repository: linkedRepository })
export const linkedIssues = connection(linkedIssue)

/** A pull request that another refers to: it may lie in another repository. */
export const linkedPull = shape('PullRequest', 'id number title state isDraft merged closed url resourcePath', { repository: linkedRepository })
export const linkedPulls = connection(linkedPull)

const subIssuesSummary = shape('SubIssuesSummary', 'completed percentCompleted total')
const linkedBranch = shape('LinkedBranch', 'id', { ref: needing('contents:read', shape('Ref', 'id name prefix', { repository: linkedRepository })) })

/** An issue; what it refers to only in short. */
export const issue = shape('Issue', `${AUTHORED} ${LABELABLE} bodyUrl bodyResourcePath isPinned isReadByViewer stateReason trackedIssuesCount viewerCanDelete`, {
  ...LABELABLE_BELOW,
  parent: linkedIssue,
  subIssues: linkedIssues,
  subIssuesSummary,
  trackedIssues: linkedIssues,
  trackedInIssues: linkedIssues,
  linkedBranches: connection(linkedBranch),
  closedByPullRequestsReferences: needing(PULLS_READ, linkedPulls),
})

export const issues = needing(ISSUES_READ, connection(issue))
