import type { OperationFacts } from '../../integration.ts'

/** One of git's two services over HTTPS (gitprotocol-http), in the words of the catalogue. */
export interface GitService {
  /** `git-upload-pack` serves clone and fetch, `git-receive-pack` serves push. */
  readonly name: 'git-upload-pack' | 'git-receive-pack'
  /** The references, asked for first. */
  readonly advertisement: OperationFacts
  /** The packs themselves. */
  readonly transfer: OperationFacts
  /** What the body of the transfer has to say that it is. */
  readonly requestType: string
}

const READ: OperationFacts['alternatives'] = [['contents:read']]
/**
 * Whether a push touches workflow files stands in its packs alone. A token with `workflows` is asked for only where policy and consent give it;
 * with any other, GitHub itself refuses the push that does.
 */
const WRITE: OperationFacts['alternatives'] = [['contents:write', 'workflows:write'], ['contents:write']]

/** Both services. The references before a push are a write too: so a push that policy refuses ends where git shows its user why. */
export const GIT_SERVICES: readonly GitService[] = [service('git-upload-pack', 'read', READ), service('git-receive-pack', 'write', WRITE)]

/** Every operation of git, as rules name them. */
export const GIT_OPERATIONS: readonly OperationFacts[] = GIT_SERVICES.flatMap(({ advertisement, transfer }) => [advertisement, transfer])

const NAMES: ReadonlySet<string> = new Set(GIT_OPERATIONS.map(({ name }) => name))

/** Whether an operation of GitHub's is one of git's. */
export function isGitOperation(name: string): boolean {
  return NAMES.has(name)
}

function service(name: GitService['name'], access: OperationFacts['access'], alternatives: OperationFacts['alternatives']): GitService {
  return {
    name,
    advertisement: { name: `GET /{owner}/{repo}.git/info/refs?service=${name}`, access, alternatives },
    transfer: { name: `POST /{owner}/{repo}.git/${name}`, access, alternatives },
    requestType: `application/x-${name}-request`,
  }
}
