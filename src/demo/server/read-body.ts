import type { IncomingMessage } from 'node:http'

/**
 * Reads a request's body whole.
 * @returns undefined where it is larger than the bound; the rest is then left unread
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const buffer = chunk as Buffer
    bytes += buffer.length
    if (bytes > maxBytes) return undefined
    chunks.push(buffer)
  }
  return Buffer.concat(chunks, bytes)
}
