import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Why a file that the configuration names is no use; each a clause without a final stop. */
export interface FileProblem {
  readonly problem: string
  readonly expected: string
}

export interface ReadFile {
  readonly text: string
  /** Permission bits. */
  readonly mode: number
}

/**
 * Reads a small regular file whole. Never waits: not for a pipe's other end, either.
 * Bytes that are no UTF-8 are read as Latin-1, one character a byte.
 */
export async function readTextFile(file: string, maxBytes: number): Promise<ReadFile | FileProblem> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) return { problem: `${file} is not a file`, expected: 'the path of a regular file' }
      if (stats.size > maxBytes) return { problem: `${file} is larger than ${maxBytes} bytes`, expected: 'the file that is meant' }
      const bytes = await handle.readFile()
      return { text: decode(bytes), mode: stats.mode & 0o777 }
    } finally {
      await handle.close()
    }
  } catch (error) {
    return unreadable(file, error)
  }
}

/** The sentence for a file or folder that the system does not let us have. */
export function unreadable(file: string, error: unknown): FileProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': return { problem: `there is no ${file}`, expected: 'a file that exists; relative paths begin where Postern is started' }
    case 'EACCES':
    case 'EPERM': return { problem: `this user may not read ${file}`, expected: 'a file that the user that Postern runs as may read' }
    default: return { problem: `${file} cannot be read: ${code}`, expected: 'a readable file' }
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}
