import { gzipSync } from 'node:zlib'
import { timingSafeEqual } from 'node:crypto'
import type { Call, Reply } from '../server/call.ts'
import { archiveSignature } from './routes/repository-routes.ts'
import { failure, notFound } from './replies.ts'

const BLOCK_BYTES = 512

/** Serves the archives that the API redirects to: by the signature in the link alone, no credential. */
export function answerArchive(call: Call): Reply {
  const signature = Buffer.from(call.query.get('token') ?? '')
  const expected = Buffer.from(archiveSignature(call.path))
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return failure(404, 'Not Found')
  if (!call.path.includes('/legacy.tar.gz/')) return notFound()
  return { status: 200, headers: { 'content-type': 'application/x-gzip' }, body: gzipSync(tarOf('README.md', Buffer.from('# archive\n'))) }
}

/** Whether the call is for the archive host. */
export function isArchiveHost(hostname: string): boolean {
  return hostname.startsWith('codeload.')
}

/** A tar of one file (POSIX ustar). */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * BLOCK_BYTES)])
}
