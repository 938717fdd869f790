import type { OperationFacts } from '../../integration.ts'

/** An operation of git, and those of the REST API that do the same: rules that refuse or ask about one of these by its name hold it, too. */
export interface GitOperation extends OperationFacts {
  readonly counterparts: readonly string[]
}

/** One of git's two services over HTTPS (gitprotocol-http), in the words of the catalogue. */
export interface GitService {
  /** `git-upload-pack` serves clone and fetch, `git-receive-pack` serves push. */
  readonly name: 'git-upload-pack' | 'git-receive-pack'
  /** The references, asked for first. */
  readonly advertisement: GitOperation
  /** The packs themselves. */
  readonly transfer: GitOperation
  /** What the body of the transfer has to say that it is. */
  readonly requestType: string
}

const READ: OperationFacts['alternatives'] = [['contents:read']]
/**
 * Whether a push touches workflow files stands in its packs alone. A token with `workflows` is asked for only where policy and consent give it;
 * with any other, GitHub itself refuses the push that does.
 */
const WRITE: OperationFacts['alternatives'] = [['contents:write', 'workflows:write'], ['contents:write']]

const REPO = '/repos/{owner}/{repo}'
/** A clone has all of what these show. */
const SHOWN = [
  'contents', 'contents/{path}', 'readme', 'readme/{dir}', 'tarball/{ref}', 'zipball/{ref}', 'commits', 'commits/{ref}', 'compare/{basehead}', 'branches', 'branches/{branch}',
  'git/blobs/{file_sha}', 'git/commits/{commit_sha}', 'git/matching-refs/{ref}', 'git/ref/{ref}', 'git/tags/{tag_sha}', 'git/trees/{tree_sha}',
].map((path) => `GET ${REPO}/${path}`)
/** Which of these a push does, its packs alone tell. Merging a pull request is not among them: that it may be pushed instead, branch protection is for. */
const DONE = [
  ...['contents/{path}', 'git/refs/{ref}'].map((path) => `DELETE ${REPO}/${path}`),
  ...['git/blobs', 'git/commits', 'git/refs', 'git/tags', 'git/trees', 'merges'].map((path) => `POST ${REPO}/${path}`),
  `PUT ${REPO}/contents/{path}`, `PATCH ${REPO}/git/refs/{ref}`,
]

/** Both services. The references before a push are a write too: so a push that policy refuses ends where git shows its user why. */
export const GIT_SERVICES: readonly GitService[] = [service('git-upload-pack', 'read', READ, SHOWN), service('git-receive-pack', 'write', WRITE, DONE)]

/** Every operation of git, as rules name them. */
export const GIT_OPERATIONS: readonly GitOperation[] = GIT_SERVICES.flatMap(({ advertisement, transfer }) => [advertisement, transfer])

const NAMES: ReadonlySet<string> = new Set(GIT_OPERATIONS.map(({ name }) => name))

/** Whether an operation of GitHub's is one of git's. */
export function isGitOperation(name: string): boolean {
  return NAMES.has(name)
}

function service(name: GitService['name'], access: OperationFacts['access'], alternatives: OperationFacts['alternatives'], counterparts: readonly string[]): GitService {
  return {
    name,
    advertisement: { name: `GET /{owner}/{repo}.git/info/refs?service=${name}`, access, alternatives, counterparts },
    transfer: { name: `POST /{owner}/{repo}.git/${name}`, access, alternatives, counterparts },
    requestType: `application/x-${name}-request`,
  }
}
