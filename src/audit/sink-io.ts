import { fdatasync, ftruncate, write } from 'node:fs'

/** What the file sink asks of the operating system; tests put failures in between. */
export interface SinkIo {
  /** Positional, so that the same bytes can be written again. @returns how many bytes were written, possibly fewer than asked */
  write(fd: number, bytes: Buffer, offset: number, length: number, position: number): Promise<number>
  datasync(fd: number): Promise<void>
  truncate(fd: number, length: number): Promise<void>
}

/** The operating system's own. */
export const nodeIo: SinkIo = {
  write: (fd, bytes, offset, length, position) =>
    new Promise((resolve, reject) => {
      write(fd, bytes, offset, length, position, (error, written) => (error === null ? resolve(written) : reject(error)))
    }),
  datasync: (fd) => new Promise((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))),
  truncate: (fd, length) => new Promise((resolve, reject) => ftruncate(fd, length, (error) => (error === null ? resolve() : reject(error)))),
}
