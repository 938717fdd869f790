import { connection, needing, shape } from '../shape.ts'
import { actor, repositoryOwner, requestedReviewer, user } from './account-shapes.ts'
import { commit, ref, statusCheckRollup } from './commit-shapes.ts'
import { AUTHORED, AUTHORED_BELOW, LABELABLE, LABELABLE_BELOW, linkedRepository } from './conversation-shapes.ts'
import { linkedIssues } from './issue-shapes.ts'

const CONTENTS_READ = 'contents:read'

/** A comment on a line of the diff. */
export const reviewComment = shape(
  'PullRequestReviewComment',
  `${AUTHORED} diffHunk draftedAt line originalLine originalPosition originalStartLine outdated path position startLine state subjectType isMinimized minimizedReason viewerCanDelete`,
  { ...AUTHORED_BELOW, commit, originalCommit: commit },
)
const reviewComments = connection(reviewComment)

/** A review with its comments. */
export const review = shape('PullRequestReview', `${AUTHORED} state submittedAt authorCanPushToRepository isMinimized minimizedReason viewerCanDelete`, {
  ...AUTHORED_BELOW, commit, comments: reviewComments,
})
const reviews = connection(review)

/** Comments on one place of the diff. */
export const reviewThread = shape(
  'PullRequestReviewThread', 'id path line startLine originalLine originalStartLine diffSide startDiffSide subjectType isCollapsed isOutdated isResolved viewerCanReply viewerCanResolve viewerCanUnresolve',
  { comments: reviewComments, resolvedBy: user },
)

const reviewRequest = shape('ReviewRequest', 'id databaseId asCodeOwner', { requestedReviewer })
const changedFile = shape('PullRequestChangedFile', 'path additions deletions changeType viewerViewedState')
const pullCommit = shape('PullRequestCommit', 'id url resourcePath', { commit })
const autoMergeRequest = shape('AutoMergeRequest', 'authorEmail commitBody commitHeadline enabledAt mergeMethod', { enabledBy: actor })

const LEAVES = 'additions deletions changedFiles baseRefName baseRefOid headRefName headRefOid canBeRebased checksUrl checksResourcePath isCrossRepository isDraft isInMergeQueue '
  + 'isMergeQueueEnabled isReadByViewer maintainerCanModify mergeStateStatus mergeable merged mergedAt permalink reviewDecision totalCommentsCount viewerCanDeleteHeadRef '
  + 'viewerCanEnableAutoMerge viewerCanDisableAutoMerge viewerCanUpdateBranch viewerMergeBodyText viewerMergeHeadlineText'

/** A pull request; its code beyond the diff's file names behind `contents:read`. */
export const pull = shape('PullRequest', `${AUTHORED} ${LABELABLE} ${LEAVES}`, {
  ...LABELABLE_BELOW,
  autoMergeRequest,
  baseRef: needing(CONTENTS_READ, ref),
  headRef: needing(CONTENTS_READ, ref),
  baseRepository: linkedRepository,
  headRepository: linkedRepository,
  headRepositoryOwner: repositoryOwner,
  closingIssuesReferences: needing('issues:read', linkedIssues),
  commits: connection(pullCommit),
  files: connection(changedFile),
  mergeCommit: commit,
  potentialMergeCommit: commit,
  mergedBy: actor,
  reviewRequests: connection(reviewRequest),
  reviews,
  latestReviews: reviews,
  latestOpinionatedReviews: reviews,
  reviewThreads: connection(reviewThread),
  statusCheckRollup,
})

export const pulls = needing('pull_requests:read', connection(pull))
