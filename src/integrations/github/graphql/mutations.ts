import { ENDPOINTS } from '../endpoint.ts'
import { needing, shape, type FieldRule, type Shape } from './shape.ts'
import { actor, reactionGroup } from './shapes/account-shapes.ts'
import { checkRun, commit, ref } from './shapes/commit-shapes.ts'
import { issueComment, label } from './shapes/conversation-shapes.ts'
import { issueOrPull } from './shapes/issue-or-pull.ts'
import { issue } from './shapes/issue-shapes.ts'
import { pull, review, reviewComment, reviewThread } from './shapes/pull-shapes.ts'

/** A mutation that was reviewed: what it does to a repository, and what its answer shows. */
export interface Mutation {
  readonly name: string
  /** The operation of the REST API that does the same: its scopes are GitHub's own, and rules that refuse it refuse this. */
  readonly rest: string
  /** Any-of over all-of. */
  readonly alternatives: readonly (readonly string[])[]
  readonly payload: Shape
}

const REPO = '/repos/{owner}/{repo}'
const ISSUE = `${REPO}/issues/{issue_number}`
const PULL = `${REPO}/pulls/{pull_number}`
const REVIEW = `${PULL}/reviews/{review_id}`
const COMMENT = `${REPO}/issues/comments/{comment_id}`

const ISSUE_WRITE: readonly (readonly string[])[] = [['issues:write']]
/** Merging later takes what merging takes, and changes the pull request until then. */
const AUTO_MERGE: readonly (readonly string[])[] = [['contents:write', 'pull_requests:write']]

const withIssue = { issue }
const withPull = { pullRequest: pull }
const withPullAndActor = { pullRequest: pull, actor }
/** Merging is a matter of the code: to see the pull request takes more. */
const withMerged = { pullRequest: needing('pull_requests:read', pull), actor }
const withReview = { pullRequestReview: review }
const withRef = { ref: needing('contents:read', ref) }
const withCheckRun = { checkRun: needing('checks:read', checkRun) }
const labelable = issueOrPull('Labelable')
const assignable = issueOrPull('Assignable')
const lockable = issueOrPull('Lockable', 'locked activeLockReason')

/** Every mutation that can be judged. Each acts on things of one repository, and its token is confined to one. */
export const MUTATIONS: ReadonlyMap<string, Mutation> = new Map([
  mutation('createIssue', `POST ${REPO}/issues`, 'CreateIssuePayload', withIssue),
  mutation('updateIssue', `PATCH ${ISSUE}`, 'UpdateIssuePayload', { issue, actor }, ISSUE_WRITE),
  mutation('closeIssue', `PATCH ${ISSUE}`, 'CloseIssuePayload', withIssue, ISSUE_WRITE),
  mutation('reopenIssue', `PATCH ${ISSUE}`, 'ReopenIssuePayload', withIssue, ISSUE_WRITE),
  mutation('addComment', `POST ${ISSUE}/comments`, 'AddCommentPayload', { commentEdge: shape('IssueCommentEdge', 'cursor', { node: issueComment }) }),
  mutation('updateIssueComment', `PATCH ${COMMENT}`, 'UpdateIssueCommentPayload', { issueComment }),
  mutation('deleteIssueComment', `DELETE ${COMMENT}`, 'DeleteIssueCommentPayload'),
  mutation('addLabelsToLabelable', `POST ${ISSUE}/labels`, 'AddLabelsToLabelablePayload', { labelable }),
  mutation('removeLabelsFromLabelable', `DELETE ${ISSUE}/labels/{name}`, 'RemoveLabelsFromLabelablePayload', { labelable }),
  mutation('clearLabelsFromLabelable', `DELETE ${ISSUE}/labels`, 'ClearLabelsFromLabelablePayload', { labelable }),
  mutation('addAssigneesToAssignable', `POST ${ISSUE}/assignees`, 'AddAssigneesToAssignablePayload', { assignable }),
  mutation('removeAssigneesFromAssignable', `DELETE ${ISSUE}/assignees`, 'RemoveAssigneesFromAssignablePayload', { assignable }),
  mutation('lockLockable', `PUT ${ISSUE}/lock`, 'LockLockablePayload', { actor, lockedRecord: lockable }),
  mutation('unlockLockable', `DELETE ${ISSUE}/lock`, 'UnlockLockablePayload', { actor, unlockedRecord: lockable }),
  mutation('createLabel', `POST ${REPO}/labels`, 'CreateLabelPayload', { label }),
  mutation('updateLabel', `PATCH ${REPO}/labels/{name}`, 'UpdateLabelPayload', { label }),
  mutation('deleteLabel', `DELETE ${REPO}/labels/{name}`, 'DeleteLabelPayload'),
  mutation('createPullRequest', `POST ${REPO}/pulls`, 'CreatePullRequestPayload', withPull),
  mutation('updatePullRequest', `PATCH ${PULL}`, 'UpdatePullRequestPayload', withPullAndActor),
  mutation('closePullRequest', `PATCH ${PULL}`, 'ClosePullRequestPayload', withPull),
  mutation('reopenPullRequest', `PATCH ${PULL}`, 'ReopenPullRequestPayload', withPull),
  mutation('markPullRequestReadyForReview', `PATCH ${PULL}`, 'MarkPullRequestReadyForReviewPayload', withPull),
  mutation('convertPullRequestToDraft', `PATCH ${PULL}`, 'ConvertPullRequestToDraftPayload', withPull),
  mutation('updatePullRequestBranch', `PUT ${PULL}/update-branch`, 'UpdatePullRequestBranchPayload', withPull),
  mutation('mergePullRequest', `PUT ${PULL}/merge`, 'MergePullRequestPayload', withMerged),
  mutation('enablePullRequestAutoMerge', `PUT ${PULL}/merge`, 'EnablePullRequestAutoMergePayload', withPullAndActor, AUTO_MERGE),
  mutation('disablePullRequestAutoMerge', `PATCH ${PULL}`, 'DisablePullRequestAutoMergePayload', withPullAndActor),
  mutation('requestReviews', `POST ${PULL}/requested_reviewers`, 'RequestReviewsPayload', withPullAndActor),
  mutation('addPullRequestReview', `POST ${PULL}/reviews`, 'AddPullRequestReviewPayload', {
    ...withReview, reviewEdge: shape('PullRequestReviewEdge', 'cursor', { node: review }),
  }),
  mutation('submitPullRequestReview', `POST ${REVIEW}/events`, 'SubmitPullRequestReviewPayload', withReview),
  mutation('updatePullRequestReview', `PUT ${REVIEW}`, 'UpdatePullRequestReviewPayload', withReview),
  mutation('deletePullRequestReview', `DELETE ${REVIEW}`, 'DeletePullRequestReviewPayload', withReview),
  mutation('dismissPullRequestReview', `PUT ${REVIEW}/dismissals`, 'DismissPullRequestReviewPayload', withReview),
  mutation('addPullRequestReviewComment', `POST ${PULL}/comments`, 'AddPullRequestReviewCommentPayload', { comment: reviewComment }),
  mutation('addPullRequestReviewThread', `POST ${PULL}/comments`, 'AddPullRequestReviewThreadPayload', { thread: reviewThread }),
  mutation('addPullRequestReviewThreadReply', `POST ${PULL}/comments/{comment_id}/replies`, 'AddPullRequestReviewThreadReplyPayload', { comment: reviewComment }),
  mutation('updatePullRequestReviewComment', `PATCH ${REPO}/pulls/comments/{comment_id}`, 'UpdatePullRequestReviewCommentPayload', { pullRequestReviewComment: reviewComment }),
  mutation('deletePullRequestReviewComment', `DELETE ${REPO}/pulls/comments/{comment_id}`, 'DeletePullRequestReviewCommentPayload', withReview),
  mutation('addReaction', `POST ${ISSUE}/reactions`, 'AddReactionPayload', { reactionGroups: reactionGroup }, [['issues:write'], ['pull_requests:write']]),
  mutation('removeReaction', `DELETE ${ISSUE}/reactions/{reaction_id}`, 'RemoveReactionPayload', { reactionGroups: reactionGroup }, [['issues:write'], ['pull_requests:write']]),
  mutation('createCommitOnBranch', `PUT ${REPO}/contents/{path}`, 'CreateCommitOnBranchPayload', { commit, ...withRef }),
  mutation('createRef', `POST ${REPO}/git/refs`, 'CreateRefPayload', withRef),
  mutation('updateRef', `PATCH ${REPO}/git/refs/{ref}`, 'UpdateRefPayload', withRef),
  mutation('deleteRef', `DELETE ${REPO}/git/refs/{ref}`, 'DeleteRefPayload'),
  mutation('mergeBranch', `POST ${REPO}/merges`, 'MergeBranchPayload', { mergeCommit: commit }),
  mutation('createCheckRun', `POST ${REPO}/check-runs`, 'CreateCheckRunPayload', withCheckRun),
  mutation('updateCheckRun', `PATCH ${REPO}/check-runs/{check_run_id}`, 'UpdateCheckRunPayload', withCheckRun),
  mutation('createDeployment', `POST ${REPO}/deployments`, 'CreateDeploymentPayload'),
  mutation('createDeploymentStatus', `POST ${REPO}/deployments/{deployment_id}/statuses`, 'CreateDeploymentStatusPayload'),
])

/** @param alternatives where the REST operation's are not this mutation's */
function mutation(
  name: string, rest: string, type: string, below: Readonly<Record<string, Shape | FieldRule>> = {}, alternatives?: Mutation['alternatives'],
): readonly [string, Mutation] {
  const endpoint = ENDPOINTS.get(rest)
  if (endpoint === undefined) throw new TypeError(`${rest} is no operation of the REST API`)
  return [name, { name, rest, alternatives: alternatives ?? endpoint.alternatives, payload: shape(type, 'clientMutationId', below) }]
}
