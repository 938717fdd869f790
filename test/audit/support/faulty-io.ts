import { nodeIo, type SinkIo } from '../../../src/audit/sink-io.ts'

type Failure = 'ENOSPC' | 'EIO'

/** The operating system's I/O with failures in between; `#mode` says which, until it is changed. */
export class FaultyIo implements SinkIo {
  /** Bytes that may still be written before the disk is full; Infinity for a healthy one. */
  spaceBytes = Infinity
  /** Bytes that one write takes at most: a short write. */
  shortBytes = Infinity
  syncFails: Failure | undefined
  truncateFails: Failure | undefined
  /** While set, writes wait for it. */
  gate: Promise<void> | undefined
  writes = 0
  syncs = 0

  async write(fd: number, bytes: Buffer, offset: number, length: number, position: number): Promise<number> {
    this.writes++
    await this.gate
    const taken = Math.min(length, this.shortBytes, this.spaceBytes)
    if (taken === 0) throw systemError('ENOSPC')
    const written = await nodeIo.write(fd, bytes, offset, taken, position)
    this.spaceBytes -= written
    return written
  }

  async datasync(fd: number): Promise<void> {
    this.syncs++
    if (this.syncFails !== undefined) throw systemError(this.syncFails)
    await nodeIo.datasync(fd)
  }

  async truncate(fd: number, length: number): Promise<void> {
    if (this.truncateFails !== undefined) throw systemError(this.truncateFails)
    await nodeIo.truncate(fd, length)
  }
}

function systemError(code: Failure): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code })
}
