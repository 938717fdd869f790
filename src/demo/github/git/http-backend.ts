import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { pipeline } from 'node:stream'
import type { AnswerHeaders, Call, Reply } from '../../server/call.ts'
import { GitFailed, startGit } from './run-git.ts'

const MAX_HEADER_BYTES = 16_384
const HEADER_END = '\r\n\r\n'

/** What `git http-backend` is told besides the call. */
export interface BackendOptions {
  /** The repository's own folder. */
  readonly folder: string
  /** `info/refs`, `git-upload-pack`: what is asked of it. */
  readonly rest: string
  readonly query: string
  /** Who is named as pushing. */
  readonly user: string
  readonly mayChangeWorkflows: boolean
  /** Waits as long as the answer shall be held, told how many bytes of it have gone. */
  held(bytes: number): Promise<void> | undefined
}

/**
 * Answers by `git http-backend`, the CGI (RFC 3875) that is part of git: bodies stream both ways. It ends with the client.
 * @throws GitFailed
 */
export async function answerByBackend(call: Call, options: BackendOptions): Promise<Reply> {
  const child = startGit(['http-backend'], options.folder, environment(call, options))
  const end = (): void => void child.kill()
  call.signal.addEventListener('abort', end, { once: true })
  child.once('close', () => call.signal.removeEventListener('abort', end))
  child.stderr.resume()
  // Either side may break off; what matters is told by the answer.
  pipeline(call.stream, child.stdin, () => undefined)
  return readAnswer(child, options)
}

function environment(call: Call, { folder, rest, query, user, mayChangeWorkflows }: BackendOptions): Record<string, string> {
  const given: readonly (readonly [string, string | undefined])[] = [
    ['CONTENT_TYPE', call.headers['content-type']],
    ['CONTENT_LENGTH', call.headers['content-length']],
    ['HTTP_CONTENT_ENCODING', call.headers['content-encoding']],
    ['GIT_PROTOCOL', headerOf(call, 'git-protocol')],
  ]
  return {
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${rest}`,
    QUERY_STRING: query,
    REQUEST_METHOD: call.method,
    REMOTE_USER: user,
    REMOTE_ADDR: '127.0.0.1',
    STAND_IN_WORKFLOWS: mayChangeWorkflows ? 'write' : 'none',
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Record<string, string>,
  }
}

function headerOf(call: Call, name: string): string | undefined {
  const value = call.headers[name]
  return typeof value === 'string' ? value : undefined
}

async function readAnswer(child: ChildProcessWithoutNullStreams, options: BackendOptions): Promise<Reply> {
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', (error) => reject(new GitFailed('git cannot be started', 'code' in error && error.code === 'ENOENT')))
  })
  const output = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const { head, rest } = await Promise.race([readHead(output), failed])
  const fields = head.split('\r\n').map(fieldOf)
  const headers: AnswerHeaders = Object.fromEntries(fields.filter(([name]) => name !== 'status'))
  const status = Number(fields.find(([name]) => name === 'status')?.[1].slice(0, 3) ?? 200)
  return { status, headers, body: bodyOf(rest, output, options) }
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

async function readHead(output: AsyncIterator<Buffer>): Promise<{ readonly head: string; readonly rest: Buffer }> {
  let read = Buffer.alloc(0)
  while (read.length < MAX_HEADER_BYTES) {
    const next = await output.next()
    if (next.done === true) break
    read = Buffer.concat([read, next.value])
    const end = read.indexOf(HEADER_END)
    if (end !== -1) return { head: read.toString('latin1', 0, end), rest: read.subarray(end + HEADER_END.length) }
  }
  throw new GitFailed('git http-backend ended without an answer', false)
}

async function* bodyOf(first: Buffer, output: AsyncIterator<Buffer>, { held }: BackendOptions): AsyncGenerator<Buffer> {
  let bytes = first.length
  if (first.length > 0) yield first
  for (let next = await output.next(); next.done !== true; next = await output.next()) {
    await held(bytes)
    bytes += next.value.length
    yield next.value
  }
}
