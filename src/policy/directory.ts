import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceError } from '../lib/source-position.ts'

/** One policy file as it was read. */
export interface PolicyFile {
  /** The name within the directory. */
  readonly name: string
  /** Directory and name, as positions show it. */
  readonly path: string
  readonly bytes: Buffer
}

const MAX_FILES = 500
const MAX_FILE_BYTES = 262_144

/**
 * Reads the policy files of one directory, sorted by name: `*.yaml` and `*.yml`, not in folders, not hidden.
 * In a mounted ConfigMap the files are links into `..data`, which begins with a dot and so is read once only.
 * @throws SourceError where the directory or a file cannot be read, or there is none
 */
export async function readPolicyDirectory(directory: string): Promise<readonly PolicyFile[]> {
  const names = (await listing(directory)).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort()
  if (names.length === 0) throw unusable(directory, 'the directory holds no policy file', 'at least one `*.yaml` file')
  if (names.length > MAX_FILES) throw unusable(directory, `the directory holds ${names.length} policy files`, `at most ${MAX_FILES}`)
  const read = await Promise.allSettled(names.map((name) => readPolicyFile(directory, name)))
  const problems = read.flatMap((result) => (result.status === 'rejected' && result.reason instanceof SourceError ? result.reason.problems : []))
  if (problems.length > 0) throw new SourceError(problems)
  return read.flatMap((result) => (result.status === 'fulfilled' && result.value !== undefined ? [result.value] : []))
}

/** `sha256:…` over the sorted names and bytes, each with its length before it, so that no two sets read alike. */
export function hashOf(files: readonly PolicyFile[]): string {
  const hash = createHash('sha256')
  for (const { name, bytes } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${Buffer.byteLength(name)}:${name}${bytes.length}:`).update(bytes)
  }
  return `sha256:${hash.digest('hex')}`
}

async function listing(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    throw unusable(directory, `the directory cannot be read (${codeOf(error)})`, 'a directory that this process may read')
  }
}

async function readPolicyFile(directory: string, name: string): Promise<PolicyFile | undefined> {
  const path = join(directory, name)
  try {
    const { size, isFile } = await statOf(path)
    if (!isFile) return undefined
    if (size > MAX_FILE_BYTES) throw unusable(path, `the file is larger than ${MAX_FILE_BYTES} bytes`, 'a smaller file, or several')
    return { name, path, bytes: await readFile(path) }
  } catch (error) {
    if (error instanceof SourceError) throw error
    throw unusable(path, `the file cannot be read (${codeOf(error)})`, 'a file that this process may read')
  }
}

async function statOf(path: string): Promise<{ size: number, isFile: boolean }> {
  const facts = await stat(path)
  return { size: facts.size, isFile: facts.isFile() }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause'
}

function unusable(file: string, problem: string, expected: string): SourceError {
  return new SourceError([{ file, line: 1, column: 1, path: '', problem, expected }])
}
