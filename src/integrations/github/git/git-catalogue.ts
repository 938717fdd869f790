import type { CanonicalRequest } from '../../../http/request.ts'
import { deny, isDenial, type Denial } from '../../../model/denial.ts'
import type { Catalogue, Match } from '../../integration.ts'
import { GIT_SERVICES, type GitOperation, type GitService } from './git-operations.ts'
import { parseGitPath, type GitPath } from './git-path.ts'

/** As GitHub writes accounts: letters, digits and hyphens, with an underscore for those that an enterprise manages. */
const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/
const REPOSITORY = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/
/** GitHub gives no repository such a name: what ends so is another repository's wiki, or would lose the ending once more. */
const OTHER_NAME = /\.(?:git|wiki)$/i
const OLDER = 'Only git’s smart protocol is served, which every git since 1.6.6 speaks.'
const GIT_ALONE = 'Only git is served at this host: for everything else there is the API.'

/** Git's smart protocol over HTTPS, version 0 to 2, and nothing else of the host: no page, no file, no older protocol. */
export function gitCatalogue(integration: string): Catalogue {
  return { match: (request) => matchGit(integration, request) }
}

function matchGit(integration: string, request: CanonicalRequest): Match | Denial {
  const path = parseGitPath(request.path)
  if (path === undefined) return unknown('a path on git’s host that names no repository', GIT_ALONE)
  const operation = operationOf(request, path)
  if (isDenial(operation)) return operation
  const { owner, repo } = path
  if (!OWNER.test(owner) || !REPOSITORY.test(repo)) return deny('path_refused', 'an owner or a repository that GitHub cannot have')
  if (OTHER_NAME.test(repo)) return otherRepository(repo)
  const targets = { kind: 'named', names: [`${owner}/${repo}`.toLowerCase()] } as const
  const { name, access, alternatives, counterparts } = operation
  return { operation: { integration, name, access, alternatives, targets, parameters: { owner, repo }, counterparts }, inspect: undefined }
}

function operationOf(request: CanonicalRequest, { rest }: GitPath): GitOperation | Denial {
  if (rest === 'info/refs') return advertisementOf(request)
  const service = GIT_SERVICES.find(({ name }) => name === rest)
  if (service === undefined) return notServed(rest)
  return transferOf(service, request)
}

/** The query is compared whole: of two services, or of one in another spelling, nobody knows which the server takes. */
function advertisementOf({ method, query }: CanonicalRequest): GitOperation | Denial {
  if (query === undefined || query === '') return unknown('git’s older protocol, which names no service', OLDER)
  const service = GIT_SERVICES.find(({ name }) => query === `service=${name}`)
  if (service === undefined) return unknown('a service that is neither git-upload-pack nor git-receive-pack', 'Only clone, fetch and push are served.')
  return method === 'GET' ? service.advertisement : unknown('references asked for by another method than GET')
}

function transferOf({ requestType, transfer }: GitService, { method, query, contentType }: CanonicalRequest): GitOperation | Denial {
  if (method !== 'POST' || query !== undefined) return unknown('a service of git’s by another method than POST, or with a query')
  if (contentType !== requestType) return unknown('a body of another type than the service takes', `The body’s type has to be ${requestType}.`)
  return transfer
}

function notServed(rest: string): Denial {
  if (rest.startsWith('info/lfs')) {
    return unknown('Git LFS', 'Git LFS is not served, since its files lie on other hosts: GIT_LFS_SKIP_SMUDGE=1 leaves them out.')
  }
  if (/^(?:HEAD$|objects\/)/.test(rest)) return unknown('a file of git’s older protocol', OLDER)
  return unknown('neither clone, fetch nor push', GIT_ALONE)
}

function otherRepository(repo: string): Denial {
  if (/wiki$/i.test(repo)) return unknown('the wiki of a repository', 'Wikis are not served: no token of GitHub’s can be narrowed to one.')
  return deny('path_refused', 'a repository name with the ending .git, or with that ending in capitals')
}

function unknown(detail: string, hint?: string): Denial {
  return deny('operation_unknown', detail, hint === undefined ? {} : { hint })
}
