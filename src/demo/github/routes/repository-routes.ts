import { createHmac, randomBytes } from 'node:crypto'
import { rolePermissions, roleOf } from '../members.ts'
import type { Branch, Repository } from '../model.ts'
import { page } from '../pagination.ts'
import { notFound, resource } from '../replies.ts'
import { renderRepository } from '../render.ts'
import { repositoryRoute, type GithubRoute, type RepositoryVisit } from '../route.ts'
import { emptyReply } from '../../server/reply.ts'
import { fullName } from '../world.ts'

/** Signs archive links; new at each start. */
const archiveKey = randomBytes(32)

/** The repository itself, its branches, and its archives, which are served by another host. */
export const repositoryRoutes: readonly GithubRoute[] = [
  repositoryRoute('GET', '/repos/{owner}/{repo}', [{ metadata: 'read' }], (visit) =>
    resource(visit.call, { ...renderRepository(visit.repository, visit.call.origin), ...personsPart(visit) }),
  ),
  repositoryRoute('GET', '/repos/{owner}/{repo}/branches', [{ contents: 'read' }], (visit) =>
    page(visit.call, [...visit.repository.branches.values()], (branch) => renderBranch(branch, visit)),
  ),
  repositoryRoute('GET', '/repos/{owner}/{repo}/branches/{branch+}', [{ contents: 'read' }], (visit) => {
    const branch = visit.repository.branches.get(visit.parameters['branch'] ?? '')
    return branch === undefined ? notFound() : resource(visit.call, renderBranch(branch, visit))
  }),
  ...(['tarball', 'zipball'] as const).flatMap((kind) => [
    repositoryRoute('GET', `/repos/{owner}/{repo}/${kind}`, [{ contents: 'read' }], (visit) => archive(visit, kind)),
    repositoryRoute('GET', `/repos/{owner}/{repo}/${kind}/{ref+}`, [{ contents: 'read' }], (visit) => archive(visit, kind)),
  ]),
]

/** A person is told what they are there. */
function personsPart({ caller, repository }: RepositoryVisit): object {
  const role = caller.kind === 'user' ? roleOf(caller.token.account.login, fullName(repository)) : undefined
  return role === undefined ? {} : { permissions: rolePermissions(role) }
}

/** The path on the archive host, and what signs it. */
export function archiveSignature(path: string): string {
  return createHmac('sha256', archiveKey).update(path).digest('base64url')
}

function archive(visit: RepositoryVisit, kind: 'tarball' | 'zipball'): ReturnType<typeof emptyReply> {
  const ref = visit.parameters['ref'] ?? visit.repository.defaultBranch
  const path = archivePath(visit.repository, kind, ref)
  return emptyReply(302, { location: `${archiveOrigin(visit.call.origin)}${path}?token=${archiveSignature(path)}` })
}

function archivePath(repository: Repository, kind: 'tarball' | 'zipball', ref: string): string {
  const form = kind === 'tarball' ? 'legacy.tar.gz' : 'legacy.zip'
  return `/${fullName(repository)}/${form}/${encodeURIComponent(ref)}`
}

/** `api.github.com` has its archives at `codeload.github.com`, `localhost:PORT` at `codeload.localhost:PORT`. */
function archiveOrigin(origin: string): string {
  return origin.replace(/^https:\/\/(api\.)?/, 'https://codeload.')
}

function renderBranch(branch: Branch, visit: RepositoryVisit): object {
  const url = `${visit.call.origin}/repos/${fullName(visit.repository)}/commits/${branch.commitSha}`
  return { name: branch.name, commit: { sha: branch.commitSha, url }, protected: branch.name === visit.repository.defaultBranch }
}
