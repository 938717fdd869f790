/** A path below a repository on the host that git clones from. */
export interface GitPath {
  readonly owner: string
  /** As it stands in the path, without its one optional `.git`. */
  readonly repo: string
  /** What is asked of the repository, `info/refs`; '' for the repository itself. */
  readonly rest: string
}

const BELOW_REPOSITORY = /^\/([^/]+)\/([^/]+?)(?:\.git)?(?:\/(.*))?$/
const WITH_SUFFIX = /^\/[^/]+\/[^/]+\.git(?:\/|$)/i
const ADVERTISEMENT = /^\/[^/]+\/[^/]+\/info\/refs$/
const TRANSFER = /^\/[^/]+\/[^/]+\/git-(?:upload|receive)-pack$/

/** Takes a path apart, whatever its parts hold. Pure; linear. @returns undefined where it names no repository */
export function parseGitPath(path: string): GitPath | undefined {
  const match = BELOW_REPOSITORY.exec(path)
  return match === null ? undefined : { owner: match[1] ?? '', repo: match[2] ?? '', rest: match[3] ?? '' }
}

/**
 * Whether a request below the base URL of reverse mode, where API and git share one prefix, is meant for git: by the ending `.git` of its
 * second segment, or by what only git asks for. No operation of the API has either form.
 */
export function isMeantForGit(method: string, path: string): boolean {
  if (WITH_SUFFIX.test(path)) return true
  return method === 'POST' ? TRANSFER.test(path) : ADVERTISEMENT.test(path)
}

/** Whether git's extension for large files asks (Git LFS, its API and its locks): it wants JSON, where git wants text. */
export function isLargeFileRequest(path: string): boolean {
  return parseGitPath(path)?.rest.startsWith('info/lfs') === true
}
