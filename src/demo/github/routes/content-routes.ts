import type { Answer, Reply } from '../../server/call.ts'
import { textOf, type JsonObject } from '../../server/json-body.ts'
import { jsonReply } from '../../server/reply.ts'
import { blobSha, commitSha, fileBytes, fileSize, generatedChunks, liveLines } from '../content.ts'
import type { Branch, StoredFile } from '../model.ts'
import { failure, notFound, resource } from '../replies.ts'
import { isRefused, mayAny, notAccessible, readBodyObject, repositoryRoute, type GithubRoute, type RepositoryVisit } from '../route.ts'
import { fullName } from '../world.ts'

const MAX_INLINE_BYTES = 1024 * 1024
const RAW = /application\/vnd\.github(\.v3)?\.raw/

/** Files of a repository: read as JSON, raw or as a directory, and written. */
export const contentRoutes: readonly GithubRoute[] = [
  repositoryRoute('GET', '/repos/{owner}/{repo}/contents', [{ contents: 'read' }], (visit) => readContent(visit, '')),
  repositoryRoute('GET', '/repos/{owner}/{repo}/contents/{path+}', [{ contents: 'read' }], (visit) =>
    readContent(visit, visit.parameters['path'] ?? ''),
  ),
  repositoryRoute('PUT', '/repos/{owner}/{repo}/contents/{path+}', [{ contents: 'write' }], writeContent),
]

function readContent(visit: RepositoryVisit, path: string): Answer {
  const branch = branchOf(visit, visit.call.query.get('ref'))
  if (branch === undefined) return failure(404, 'No commit found for the ref')
  const file = branch.files.get(path)
  if (file === undefined) return readDirectory(visit, branch, path)
  if (RAW.test(visit.call.headers.accept ?? '')) return rawContent(file, visit)
  return resource(visit.call, renderFile(visit, path, file))
}

function readDirectory(visit: RepositoryVisit, branch: Branch, path: string): Answer {
  const prefix = path === '' ? '' : `${path}/`
  const below = [...branch.files.entries()].filter(([name]) => name.startsWith(prefix))
  if (below.length === 0) return notFound()
  const files = below.filter(([name]) => !name.slice(prefix.length).includes('/'))
  const nested = below.map(([name]) => name.slice(prefix.length).split('/')).filter((parts) => parts.length > 1)
  const folders = new Set(nested.map((parts) => `${prefix}${parts[0] ?? ''}`))
  return resource(visit.call, [
    ...[...folders].map((folder) => renderFolder(visit, folder)),
    ...files.map(([name, file]) => renderEntry(visit, name, file)),
  ])
}

function rawContent(file: StoredFile, visit: RepositoryVisit): Reply {
  const headers = { 'content-type': 'application/vnd.github.raw+json; charset=utf-8' }
  switch (file.kind) {
    case 'text':
      return { status: 200, headers, body: file.content }
    case 'generated':
      return { status: 200, headers, body: generatedChunks(file.sizeBytes) }
    case 'live':
      return { status: 200, headers, body: liveLines(file.intervalMs, visit.call.signal) }
  }
}

function renderEntry(visit: RepositoryVisit, path: string, file: StoredFile): object {
  const url = urlOf(visit, path)
  return { type: 'file', size: fileSize(file), name: lastPart(path), path, sha: file.sha, url, git_url: url, html_url: url, download_url: null }
}

function renderFolder(visit: RepositoryVisit, path: string): object {
  return { type: 'dir', size: 0, name: lastPart(path), path, sha: blobSha(Buffer.from(path)), url: urlOf(visit, path) }
}

function lastPart(path: string): string {
  return path.split('/').at(-1) ?? path
}

/** Beyond 1 MiB GitHub leaves the content out, and `encoding` is `none`. */
function renderFile(visit: RepositoryVisit, path: string, file: StoredFile): object {
  const entry = renderEntry(visit, path, file)
  if (file.kind !== 'text' || file.content.length > MAX_INLINE_BYTES) return { ...entry, encoding: 'none', content: '' }
  return { ...entry, encoding: 'base64', content: file.content.toString('base64').replaceAll(/.{60}/g, '$&\n') }
}

function urlOf(visit: RepositoryVisit, path: string): string {
  return `${visit.call.origin}/repos/${fullName(visit.repository)}/contents/${path.split('/').map(encodeURIComponent).join('/')}`
}

function branchOf(visit: RepositoryVisit, ref: string | null): Branch | undefined {
  const name = (ref ?? visit.repository.defaultBranch).replace(/^refs\/heads\//, '')
  const branches = visit.repository.branches
  return branches.get(name) ?? [...branches.values()].find((branch) => branch.commitSha === name)
}

function writeContent(visit: RepositoryVisit): Answer {
  const path = visit.parameters['path'] ?? ''
  const needed = [{ contents: 'write', workflows: 'write' }] as const
  if (path.startsWith('.github/workflows/') && !mayAny(visit, needed)) return notAccessible(needed)
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  const branch = branchOf(visit, textOf(body, 'branch') ?? null)
  if (branch === undefined) return failure(404, 'Branch not found')
  const content = newContent(body)
  if ('refused' in content) return content.refused
  const existing = branch.files.get(path)
  return conflict(existing, textOf(body, 'sha'), path) ?? store(visit, branch, path, content.bytes, content.message)
}

function newContent(body: JsonObject): { readonly bytes: Buffer; readonly message: string } | { readonly refused: Answer } {
  const message = textOf(body, 'message')
  const content = textOf(body, 'content')?.replaceAll(/\s/g, '')
  if (message === undefined) return { refused: failure(422, 'Invalid request.\n\n"message" wasn\'t supplied.') }
  if (content === undefined) return { refused: failure(422, 'Invalid request.\n\n"content" wasn\'t supplied.') }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(content)) return { refused: failure(422, 'content is not valid Base64') }
  return { bytes: Buffer.from(content, 'base64'), message }
}

/** An existing file is replaced only by somebody who names the version that is replaced. */
function conflict(existing: StoredFile | undefined, sha: string | undefined, path: string): Answer | undefined {
  if (existing === undefined || existing.sha === sha) return undefined
  if (sha === undefined) return failure(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
  return failure(409, `${path} does not match the given sha`)
}

function store(visit: RepositoryVisit, branch: Branch, path: string, bytes: Buffer, message: string): Answer {
  const status = branch.files.has(path) ? 200 : 201
  const file = fileBytes(bytes)
  branch.files.set(path, file)
  branch.commitSha = commitSha(`${branch.commitSha} ${file.sha} ${path}`)
  return jsonReply(status, { content: renderEntry(visit, path, file), commit: { sha: branch.commitSha, message } })
}
