import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { sentenceOf } from '../../lib/system-error.ts'

/**
 * Writes a file so that a reader sees the old content or the new, never a part, and a crash leaves one of both.
 * @param mode whatever the umask, and also where the file was there before
 */
export function writeAtomically(path: string, content: string, mode: number): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = openSync(temporary, 'wx', mode)
    try {
      fchmodSync(file, mode)
      // Not writeSync: on a disk that is nearly full it writes a part, and that is no error.
      writeFileSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new Error(`${path} cannot be written: ${sentenceOf(error)}`, { cause: error })
  }
}
