import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Reply } from './call.ts'

/** Sends a reply. Rejects where the client leaves before its end. */
export async function writeReply(reply: Reply, response: ServerResponse): Promise<void> {
  if (response.destroyed) throw new Error('the client left')
  response.writeHead(reply.status, reply.headers)
  if (reply.body === undefined || typeof reply.body === 'string' || Buffer.isBuffer(reply.body)) return finish(response, reply.body)
  response.flushHeaders()
  await pipeline(Readable.from(reply.body, { objectMode: true }), response)
}

function finish(response: ServerResponse, body: string | Buffer | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once('close', () => (response.writableFinished ? resolve() : reject(new Error('the client left'))))
    response.end(body ?? '', resolve)
  })
}
