/** An operation that GitHub publishes without naming a permission, reviewed by hand. */
export interface UnlistedOperation {
  readonly name: string
  /** Any-of over all-of, as in `Operation`. */
  readonly alternatives: readonly (readonly string[])[]
  readonly reason: string
}

const NO_PERMISSION: readonly (readonly string[])[] = [[]]
const METADATA: readonly (readonly string[])[] = [['metadata:read']]

/**
 * What stands here is known; every other published operation without a permission in GitHub's table stays unknown, and is denied.
 */
export const UNLISTED_OPERATIONS: readonly UnlistedOperation[] = [
  ...['GET /', 'GET /rate_limit', 'GET /meta', 'GET /zen', 'GET /octocat', 'GET /versions', 'GET /emojis'].map((name) => ({
    name,
    alternatives: NO_PERMISSION,
    reason: "Tells about the API itself or the caller's own limit; holds nothing of any account.",
  })),
  ...[
    'GET /licenses', 'GET /licenses/{license}', 'GET /gitignore/templates', 'GET /gitignore/templates/{name}',
    'GET /codes_of_conduct', 'GET /codes_of_conduct/{key}', 'GET /advisories', 'GET /advisories/{ghsa_id}',
  ].map((name) => ({ name, alternatives: NO_PERMISSION, reason: 'A public collection, the same for every caller.' })),
  { name: 'GET /users/{username}', alternatives: NO_PERMISSION, reason: 'A public profile; private parts are shown to that user alone.' },
  ...[
    'GET /search/code', 'GET /search/commits', 'GET /search/issues', 'GET /search/repositories', 'GET /search/topics', 'GET /search/users',
  ].map((name) => ({
    name,
    alternatives: METADATA,
    reason: 'Searches whatever the token may read; the query, not the path, names the targets, so they are never resolved.',
  })),
  {
    name: 'GET /repos/{owner}/{repo}/contents',
    alternatives: [['contents:read']],
    reason: 'The root directory: the documented contents endpoint with an empty path.',
  },
  {
    name: 'POST /repos/{owner}/{repo}/releases/{release_id}/assets',
    alternatives: [['contents:write']],
    reason: 'Uploading an asset (uploads.github.com) changes a release, as editing one does.',
  },
  {
    name: 'GET /networks/{owner}/{repo}/events',
    alternatives: METADATA,
    reason: "Public events of a repository's network, as its own events endpoint.",
  },
]
