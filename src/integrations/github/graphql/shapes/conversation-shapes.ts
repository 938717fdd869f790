import { connection, needing, shape } from '../shape.ts'
import { actor, reactionGroup, repositoryOwner, users } from './account-shapes.ts'

/** What both a comment and what it is about have. */
export const AUTHORED = 'id databaseId fullDatabaseId authorAssociation body bodyHTML bodyText createdAt createdViaEmail includesCreatedEdit lastEditedAt publishedAt '
  + 'updatedAt url resourcePath viewerDidAuthor viewerCanUpdate viewerCanReact'
export const AUTHORED_BELOW = { author: actor, editor: actor, reactionGroups: reactionGroup }

/** Another repository than the one that was named, where something of it is linked: no more than where to find it. */
export const linkedRepository = shape('Repository', 'id databaseId name nameWithOwner url resourcePath isPrivate isFork isArchived visibility', { owner: repositoryOwner })

/** Labels, milestones and assignees belong to issues and pull requests alike. */
export const EITHER_READ = 'issues|pull_requests:read'

export const label = shape('Label', 'id name color description createdAt updatedAt isDefault url resourcePath')
export const labels = connection(label)

export const milestone = shape(
  'Milestone', 'id number title description state dueOn closed closedAt createdAt updatedAt progressPercentage url resourcePath viewerCanClose viewerCanReopen', { creator: actor },
)
export const milestones = connection(milestone)

export const issueComment = shape('IssueComment', `${AUTHORED} isMinimized minimizedReason viewerCanDelete viewerCanMinimize`, AUTHORED_BELOW)
export const issueComments = connection(issueComment)

const optionValue = shape('ProjectV2ItemFieldSingleSelectValue', 'id name optionId color description')
const fieldValue = shape('ProjectV2ItemFieldValue', '', {}, [optionValue])
const project = shape('ProjectV2', 'id number title url resourcePath closed')
const projectItem = shape('ProjectV2Item', 'id databaseId type isArchived createdAt updatedAt', { project, fieldValueByName: fieldValue })

/** What issues and pull requests have in common. */
export const LABELABLE = 'number title titleHTML state closed closedAt locked activeLockReason viewerCanClose viewerCanReopen viewerCanLabel viewerCanSubscribe viewerSubscription'
export const LABELABLE_BELOW = {
  ...AUTHORED_BELOW,
  assignees: users,
  comments: issueComments,
  labels,
  milestone,
  participants: users,
  repository: linkedRepository,
  // The organisation's: whoever may read its projects sees all of them.
  projectItems: needing('organization_projects:read', connection(projectItem, { type: 'ProjectV2ItemConnection', edge: 'ProjectV2ItemEdge' })),
}
