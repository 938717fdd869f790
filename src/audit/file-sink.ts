import { closeSync, constants, fstatSync, openSync, renameSync, statSync, existsSync } from 'node:fs'
import { syncDirectoryOf } from './segments.ts'
import { nodeIo, type SinkIo } from './sink-io.ts'

const FLAGS = constants.O_RDWR | constants.O_CREAT

/**
 * Appends durably to one file. A failed append leaves nothing behind: the next one first cuts off what the failed one may have
 * written, so that no line is ever broken or doubled. One append at a time.
 */
export class FileSink {
  readonly #path: string
  readonly #io: SinkIo
  #fd: number
  #inode: number
  #size: number
  #dirty = false

  /** @param size the bytes that are good; the file must have just these. @throws Error of the file system */
  constructor(path: string, size: number, io: SinkIo = nodeIo) {
    this.#path = path
    this.#io = io
    this.#size = size
    this.#fd = openSync(path, FLAGS, 0o600)
    this.#inode = fstatSync(this.#fd).ino
    syncDirectoryOf(path)
  }

  /** Bytes that are durable. */
  get size(): number {
    return this.#size
  }

  /** @returns once all of it is durable. @throws Error of the file system; nothing of it counts as written then */
  async append(bytes: Buffer): Promise<void> {
    if (this.#dirty) await this.#io.truncate(this.#fd, this.#size)
    this.#dirty = false
    this.#checkFile()
    this.#dirty = true
    for (let done = 0; done < bytes.length; ) {
      const written = await this.#io.write(this.#fd, bytes, done, bytes.length - done, this.#size + done)
      if (written === 0) throw new Error('the file system took no byte and gave no error')
      done += written
    }
    await this.#io.datasync(this.#fd)
    this.#dirty = false
    this.#size += bytes.length
  }

  /** Keeps the file under another name and goes on in a new one. @throws Error of the file system; the old file stays in use then */
  rotate(keptAs: string): void {
    if (existsSync(keptAs)) throw new Error(`${keptAs} exists already`)
    renameSync(this.#path, keptAs)
    this.#reopen()
  }

  close(): void {
    closeSync(this.#fd)
  }

  /**
   * Looks, before each append, whether the name still leads to the file as we left it: a record in a file that was removed or
   * replaced under us would be lost. An absent or empty file is taken on, after one failure that tells of it.
   */
  #checkFile(): void {
    const seen = statSync(this.#path, { throwIfNoEntry: false })
    if (seen?.ino === this.#inode && seen.size === this.#size) return
    if (seen !== undefined && seen.size > 0) {
      throw new Error(`${this.#path} was changed by somebody else (${seen.size} bytes where ${this.#size} were written)`)
    }
    const lost = this.#size
    this.#reopen()
    if (lost > 0) throw new Error(`${this.#path} was removed or emptied; the chain goes on in a new file`)
  }

  #reopen(): void {
    const fd = openSync(this.#path, FLAGS, 0o600)
    closeSync(this.#fd)
    this.#fd = fd
    this.#inode = fstatSync(fd).ino
    this.#size = 0
    this.#dirty = false
    syncDirectoryOf(this.#path)
  }
}
