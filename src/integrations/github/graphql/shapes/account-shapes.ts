import { connection, shape } from '../shape.ts'

const ACTOR_LEAVES = 'login avatarUrl resourcePath url'

/** Public facts of a person; nothing that leads from them to what they have. */
export const user = shape('User', `${ACTOR_LEAVES} id databaseId name`)
const bot = shape('Bot', `${ACTOR_LEAVES} id databaseId`)
const mannequin = shape('Mannequin', `${ACTOR_LEAVES} id databaseId`)
const organizationActor = shape('Organization', `${ACTOR_LEAVES} id databaseId name`)
const enterpriseUser = shape('EnterpriseUserAccount', `${ACTOR_LEAVES} id name`)

/** Who wrote something. */
export const actor = shape('Actor', ACTOR_LEAVES, {}, [user, bot, mannequin, organizationActor, enterpriseUser])

/** Whose a repository is; not their other repositories. */
export const repositoryOwner = shape('RepositoryOwner', `${ACTOR_LEAVES} id`, {}, [user, organizationActor])

/** A profile as it is public. */
export const profile = shape('User', `${ACTOR_LEAVES} id databaseId name bio company location pronouns twitterUsername websiteUrl createdAt updatedAt isViewer isSiteAdmin`)

/** An organisation as it is public. */
export const organization = shape('Organization', `${ACTOR_LEAVES} id databaseId name description location twitterUsername websiteUrl createdAt updatedAt isVerified`)

const reviewTeam = shape('Team', 'id databaseId name slug combinedSlug url resourcePath', { organization: organizationActor })

/** Who is asked for a review. */
export const requestedReviewer = shape('RequestedReviewer', '', {}, [user, bot, mannequin, reviewTeam])

export const users = connection(user)

/** Who put an author's name on a commit. */
export const gitActor = shape('GitActor', 'name email date avatarUrl', { user })

const reactingUsers = shape('ReactingUserConnection', 'totalCount')
export const reactionGroup = shape('ReactionGroup', 'content createdAt viewerHasReacted', { users: reactingUsers })
