import { connection, leavesNeeding, needing, shape, type Shape } from '../shape.ts'
import { actor, repositoryOwner, user, users } from './account-shapes.ts'
import { gitObject, ref } from './commit-shapes.ts'
import { EITHER_READ, label, labels, linkedRepository, milestone, milestones } from './conversation-shapes.ts'
import { issue, issues } from './issue-shapes.ts'
import { issueOrPull } from './issue-or-pull.ts'
import { pull, pulls } from './pull-shapes.ts'

const METADATA_READ = 'metadata:read'
const CONTENTS_READ = 'contents:read'

/** What whoever named the repository knows already. */
const IDENTITY = 'id databaseId name nameWithOwner url resourcePath'
const METADATA = 'description descriptionHTML shortDescriptionHTML homepageUrl sshUrl mirrorUrl openGraphImageUrl usesCustomOpenGraphImage createdAt updatedAt pushedAt archivedAt '
  + 'diskUsage forkCount stargazerCount visibility isArchived isBlankIssuesEnabled isDisabled isEmpty isFork isInOrganization isLocked isMirror isPrivate isSecurityPolicyEnabled '
  + 'isTemplate isUserConfigurationRepository lockReason securityPolicyUrl projectsUrl projectsResourcePath hasDiscussionsEnabled hasIssuesEnabled hasProjectsEnabled '
  + 'hasWikiEnabled allowUpdateBranch autoMergeAllowed deleteBranchOnMerge forkingAllowed mergeCommitAllowed mergeCommitMessage mergeCommitTitle rebaseMergeAllowed '
  + 'squashMergeAllowed squashMergeCommitMessage squashMergeCommitTitle webCommitSignoffRequired viewerCanAdminister viewerCanSubscribe viewerDefaultMergeMethod viewerHasStarred '
  + 'viewerPermission viewerSubscription'

const language = shape('Language', 'id name color')
const languages = shape('LanguageConnection', 'totalCount totalSize', {
  ...Object.fromEntries(connection(language).fields), edges: shape('LanguageEdge', 'cursor size', { node: language }),
})
const topic = shape('RepositoryTopic', 'id url resourcePath', { topic: shape('Topic', 'id name') })
export const license = shape('License', 'id key name nickname spdxId url description body featured hidden implementation pseudoLicense', {
  conditions: shape('LicenseRule', 'key label description'), limitations: shape('LicenseRule', 'key label description'), permissions: shape('LicenseRule', 'key label description'),
})
export const codeOfConduct = shape('CodeOfConduct', 'id key name body url resourcePath')

const releaseAsset = shape('ReleaseAsset', 'id name contentType size downloadCount downloadUrl url createdAt updatedAt', { uploadedBy: user })
const release = shape('Release', 'id databaseId name tagName description descriptionHTML isDraft isLatest isPrerelease createdAt publishedAt updatedAt url resourcePath', {
  author: user, releaseAssets: connection(releaseAsset), tagCommit: shape('Commit', 'id oid abbreviatedOid'),
})

const metadataBelow = {
  codeOfConduct,
  licenseInfo: license,
  languages,
  primaryLanguage: language,
  repositoryTopics: connection(topic),
  // A fork's origin may be anybody's: no more than where it is, and its default branch's name.
  parent: originOf(),
  templateRepository: originOf(),
  watchers: shape('UserConnection', 'totalCount'),
  stargazers: shape('StargazerConnection', 'totalCount'),
  fundingLinks: shape('FundingLink', 'platform url'),
  contactLinks: shape('RepositoryContactLink', 'about name url'),
}

function originOf(): Shape {
  const leaves = 'description hasIssuesEnabled hasWikiEnabled viewerPermission'
  const fields = shape('Repository', leaves, { defaultBranchRef: needing(CONTENTS_READ, shape('Ref', 'id name prefix')) }).fields
  return { ...linkedRepository, fields: new Map([...linkedRepository.fields, ...fields]) }
}

/**
 * The repository that was named, and everything that its own token is good for. What leads out of it (`forks`, an owner's other repositories) does not
 * stand here, nor does what nobody reviewed; `tempCloneToken` is a credential.
 */
export const repository = shape('Repository', IDENTITY, {
  owner: repositoryOwner,
  ...leavesNeeding(METADATA_READ, METADATA),
  ...Object.fromEntries(Object.entries(metadataBelow).map(([name, below]) => [name, needing(METADATA_READ, below)])),
  issue: needing('issues:read', issue),
  issues,
  pullRequest: needing('pull_requests:read', pull),
  pullRequests: pulls,
  issueOrPullRequest: needing(EITHER_READ, issueOrPull('IssueOrPullRequest')),
  label: needing(EITHER_READ, label),
  labels: needing(EITHER_READ, labels),
  milestone: needing(EITHER_READ, milestone),
  milestones: needing(EITHER_READ, milestones),
  assignableUsers: needing(EITHER_READ, users),
  mentionableUsers: needing(EITHER_READ, users),
  defaultBranchRef: needing(CONTENTS_READ, ref),
  object: needing(CONTENTS_READ, gitObject),
  ref: needing(CONTENTS_READ, ref),
  refs: needing(CONTENTS_READ, connection(ref)),
  latestRelease: needing(CONTENTS_READ, release),
  release: needing(CONTENTS_READ, release),
  releases: needing(CONTENTS_READ, connection(release)),
  issueTemplates: needing(CONTENTS_READ, shape('IssueTemplate', 'name title about body filename')),
  pullRequestTemplates: needing(CONTENTS_READ, shape('PullRequestTemplate', 'body filename')),
  deployments: needing('deployments:read', connection(shape('Deployment', 'id databaseId commitOid createdAt updatedAt description environment state task', { creator: actor }))),
})
