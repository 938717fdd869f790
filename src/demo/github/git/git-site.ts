import { readAuthorization } from '../../server/authorization.ts'
import type { Answer, AnswerHeaders, Call, Reply } from '../../server/call.ts'
import { appBot } from '../app-registration.ts'
import { authenticate, type Caller } from '../authenticate.ts'
import type { Repository } from '../model.ts'
import { includesPermissions, type Permissions } from '../permissions.ts'
import { permissionsIn } from '../route.ts'
import { findRepository, fullName, type GithubWorld } from '../world.ts'
import { answerByBackend } from './http-backend.ts'
import { GitFailed } from './run-git.ts'

const CALL = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/

/** Whether the call is git's: where it names a service, and not the API's of that form. */
export function isGitCall({ method, path }: Pick<Call, 'method' | 'path'>): boolean {
  return CALL.test(path) && method === (path.endsWith('/info/refs') ? 'GET' : 'POST')
}

/** Clone, fetch and push: the token as the password of Basic, as git sends it, and the same permissions as over the API. */
export async function answerGit(call: Call, world: GithubWorld): Promise<Answer> {
  const [, owner = '', name = '', rest = ''] = CALL.exec(call.path) ?? []
  const service = rest === 'info/refs' ? (call.query.get('service') ?? '') : rest
  call.note({ operation: `${call.method} /{owner}/{repo}.git/${rest === 'info/refs' ? `info/refs?service=${service}` : rest}` })
  const caller = await callerOf(call, world)
  if ('refused' in caller) return caller.refused
  const repository = findRepository(world, owner, name)
  const permissions = repository === undefined ? undefined : permissionsIn(world, caller, repository)
  if (repository === undefined || permissions === undefined) return plain(404, 'Repository not found.')
  if (!includesPermissions(permissions, { contents: 'read' })) return plain(404, 'Repository not found.')
  if (repository.name.toLowerCase() !== name.toLowerCase()) return moved(call, repository, rest)
  const writes = service === 'git-receive-pack'
  if (writes && !includesPermissions(permissions, { contents: 'write' })) return plain(403, 'Write access to repository not granted.')
  const { login: user } = caller.kind === 'user' ? caller.token.account : appBot(world.app)
  return serve(call, world, { repository, rest, permissions, user })
}

type Holder = Extract<Caller, { kind: 'installation' | 'user' }>

async function callerOf(call: Call, world: GithubWorld): Promise<Holder | { readonly refused: Answer }> {
  const presented = readAuthorization(call.headers.authorization)
  if (presented === undefined) return { refused: unauthorised('Authentication required.') }
  const caller = presented.scheme === 'basic' ? await authenticate(call, world) : undefined
  if (caller !== undefined && 'kind' in caller && (caller.kind === 'installation' || caller.kind === 'user')) return caller
  return { refused: unauthorised('Invalid username or token. Password authentication is not supported for Git operations.') }
}

interface Visit {
  readonly repository: Repository
  readonly rest: string
  readonly permissions: Permissions
  readonly user: string
}

async function serve(call: Call, world: GithubWorld, { repository, rest, permissions, user }: Visit): Promise<Answer> {
  try {
    const folder = await world.git.folderOf(repository)
    const mayChangeWorkflows = includesPermissions(permissions, { workflows: 'write' })
    const held = (bytes: number): Promise<void> | undefined => world.gitHolds.held(call, bytes)
    return await answerByBackend(call, { folder, rest, query: call.query.toString(), user, mayChangeWorkflows, held })
  } catch (error) {
    if (error instanceof GitFailed && error.missing) return plain(501, 'There is no git where this stand-in runs.')
    throw error
  }
}

/** A renamed repository answers at its new name, which git follows. */
function moved(call: Call, repository: Repository, rest: string): Reply {
  const query = call.query.size === 0 ? '' : `?${call.query.toString()}`
  return plain(301, 'Moved Permanently', { location: `${call.origin}/${fullName(repository)}.git/${rest}${query}` })
}

function unauthorised(message: string): Reply {
  return plain(401, message, { 'www-authenticate': 'Basic realm="GitHub"' })
}

function plain(status: number, message: string, headers: AnswerHeaders = {}): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=UTF-8', ...headers }, body: `${message}\n` }
}
