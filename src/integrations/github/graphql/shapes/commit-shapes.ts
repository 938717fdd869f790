import { connection, leavesNeeding, needing, shape, type Shape } from '../shape.ts'
import { actor, gitActor } from './account-shapes.ts'
import { linkedPulls } from './issue-shapes.ts'

const CONTENTS_READ = 'contents:read'
const GIT_OBJECT = 'id oid abbreviatedOid commitUrl commitResourcePath'

const workflow = shape('Workflow', 'id databaseId name state url resourcePath')
const workflowRun = needing('actions:read', shape('WorkflowRun', 'id databaseId event runNumber createdAt updatedAt url resourcePath', { workflow }))
const app = shape('App', 'id databaseId name slug url')
const checkSuite = shape('CheckSuite', 'id databaseId status conclusion createdAt updatedAt url resourcePath', { app, workflowRun })
export const checkRun = shape(
  'CheckRun', 'id databaseId name status conclusion startedAt completedAt detailsUrl externalId permalink title summary text url resourcePath isRequired', { checkSuite },
)
const statusContext = shape('StatusContext', 'id context state description targetUrl avatarUrl createdAt isRequired', { creator: actor })
const rollupContext = shape('StatusCheckRollupContext', '', {}, [checkRun, statusContext])
const contexts = shape('StatusCheckRollupContextConnection', 'checkRunCount statusContextCount totalCount', {
  ...Object.fromEntries(connection(rollupContext).fields),
  checkRunCountsByState: shape('CheckRunStateCount', 'state count'),
  statusContextCountsByState: shape('StatusContextStateCount', 'state count'),
})
/** Both kinds of results in one: it takes both permissions. */
export const statusCheckRollup = needing(['checks:read', 'statuses:read'], shape('StatusCheckRollup', 'id state', { contexts }))

const COMMIT_LEAVES = `${GIT_OBJECT} message messageHeadline messageBody messageHeadlineHTML messageBodyHTML authoredDate committedDate authoredByCommitter committedViaWeb `
  + 'url resourcePath treeUrl treeResourcePath'
const SIZES = 'additions deletions changedFiles changedFilesIfAvailable'
const SIGNATURE = 'isValid state wasSignedByGitHub'
const signature = shape('GitSignature', SIGNATURE, {}, ['GpgSignature', 'SshSignature', 'SmimeSignature', 'UnknownSignature'].map((type) => shape(type, SIGNATURE)))

const COMMIT_BELOW = {
  author: gitActor,
  committer: gitActor,
  authors: connection(gitActor),
  signature,
  statusCheckRollup,
  associatedPullRequests: needing('pull_requests:read', linkedPulls),
}

const parentCommit = shape('Commit', `${COMMIT_LEAVES} ${SIZES}`, COMMIT_BELOW)

/** A file or what stands below a folder, to a depth: deeper is asked for by its path. */
function objectsBelow(levels: number): Shape {
  const blob = shape('Blob', `${GIT_OBJECT} byteSize isBinary isTruncated text`)
  const below = levels === 0 ? {} : { object: objectsBelow(levels - 1), submodule: shape('Submodule', 'name path branch gitUrl subprojectCommitOid') }
  const entry = shape('TreeEntry', 'name nameRaw path pathRaw type mode oid size extension isGenerated lineCount', below)
  return shape('GitObject', GIT_OBJECT, {}, [blob, shape('Tree', GIT_OBJECT, { entries: entry })])
}

const FOLDERS = 3
const fileOrFolder = objectsBelow(FOLDERS)
const tree = fileOrFolder.on.get('Tree') ?? fileOrFolder
const file = shape('TreeEntry', 'name nameRaw path pathRaw type mode oid size extension isGenerated lineCount', { object: fileOrFolder })

/** A commit, its code behind `contents:read` wherever the commit was reached from. */
export const commit = shape('Commit', COMMIT_LEAVES, {
  ...COMMIT_BELOW,
  ...leavesNeeding(CONTENTS_READ, `${SIZES} tarballUrl zipballUrl`),
  parents: needing(CONTENTS_READ, connection(parentCommit)),
  history: needing(CONTENTS_READ, connection(parentCommit, { type: 'CommitHistoryConnection' })),
  tree: needing(CONTENTS_READ, tree),
  file: needing(CONTENTS_READ, file),
})

const tag = shape('Tag', `${GIT_OBJECT} name message`, { tagger: gitActor, target: shape('GitObject', GIT_OBJECT, {}, [parentCommit]) })

/** Anything that a ref or an expression names. */
export const gitObject = shape('GitObject', GIT_OBJECT, {}, [commit, tag, ...fileOrFolder.on.values()])

const branchProtection = shape(
  'BranchProtectionRule',
  'id databaseId pattern allowsDeletions allowsForcePushes blocksCreations dismissesStaleReviews isAdminEnforced lockBranch requiresApprovingReviews '
  + 'requiredApprovingReviewCount requiredStatusCheckContexts requiresCodeOwnerReviews requiresCommitSignatures requiresConversationResolution '
  + 'requiresDeployments requiresLinearHistory requiresStatusChecks requiresStrictStatusChecks restrictsPushes restrictsReviewDismissals',
)
const comparison = shape('Comparison', 'id aheadBy behindBy status', { commits: connection(parentCommit, { type: 'ComparisonCommitConnection' }) })

/** A branch or a tag. */
export const ref = shape('Ref', 'id name prefix', {
  target: gitObject,
  compare: comparison,
  associatedPullRequests: needing('pull_requests:read', linkedPulls),
  branchProtectionRule: needing('administration:read', branchProtection),
})
