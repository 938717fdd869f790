import type { CanonicalRequest } from '../../../http/request.ts'
import type { DenialAnswer, DenialView, Origin } from '../../integration.ts'
import { gitDenialAnswer } from './git-denial-answer.ts'
import { isLargeFileRequest, isMeantForGit } from './git-path.ts'

/** Where git is, beside the API. */
export interface GitHost {
  /** Whether a request to one of the integration's origins is git's to judge. */
  serves(request: CanonicalRequest): boolean
}

/**
 * @param git where repositories are cloned from
 * @param others the origins of the API; on an Enterprise Server the same one, below a path of their own
 */
export function gitHost(git: Origin, others: readonly Origin[]): GitHost {
  const taken = others.filter((other) => isSameOrigin(other, git)).map(({ basePath }) => `/${basePath.split('/')[1] ?? ''}/`)
  return { serves: (request) => isSameOrigin(request, git) && !taken.some((prefix) => request.path.startsWith(prefix)) }
}

/**
 * The refusal of a request that git made, in its form.
 * @param origins of the integration: a request to any other host reached Postern itself, in reverse mode
 * @returns undefined where git did not make it, or where its answer has to be JSON
 */
export function denialForGit(
  view: DenialView, request: CanonicalRequest, host: GitHost | undefined, origins: readonly Origin[],
): DenialAnswer | undefined {
  const forGit = host?.serves(request) === true || isMeantForGit(request.method, request.path)
  if (!forGit || isLargeFileRequest(request.path)) return undefined
  return gitDenialAnswer(view, !origins.some((origin) => isSameOrigin(origin, request)))
}

type Place = Pick<Origin, 'scheme' | 'host' | 'port'>

/** Whether two are one place, whatever their paths. */
export function isSameOrigin(one: Place, other: Place): boolean {
  return one.scheme === other.scheme && one.host === other.host && one.port === other.port
}
