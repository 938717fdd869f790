import { createHash } from 'node:crypto'
import { paced } from '../server/event-stream.ts'
import type { StoredFile } from './model.ts'

const CHUNK_BYTES = 64 * 1024

/** The id git gives to these bytes as a blob. */
export function blobSha(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/** An id in the form of a commit's, by whatever makes it unique. */
export function commitSha(seed: string): string {
  return createHash('sha1').update(`commit ${seed}`).digest('hex')
}

/** A file that holds its bytes. */
export function fileBytes(content: Buffer): StoredFile {
  return { kind: 'text', sha: blobSha(content), content }
}

export function fileSize(file: StoredFile): number {
  switch (file.kind) {
    case 'text':
      return file.content.length
    case 'generated':
      return file.sizeBytes
    case 'live':
      return 0
  }
}

/** So many bytes in chunks, each line numbered, so that a lost or doubled chunk shows. */
export async function* generatedChunks(sizeBytes: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < sizeBytes; sent += CHUNK_BYTES) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, sizeBytes - sent), '.')
    chunk.write(`${sent}\n`)
    yield chunk
  }
}

/** A log that grows by a line each interval until its reader leaves. */
export function liveLines(intervalMs: number, signal: AbortSignal): AsyncIterable<string> {
  return paced({ intervalMs, count: Number.POSITIVE_INFINITY, signal, event: (index) => `line ${index}\n` })
}
