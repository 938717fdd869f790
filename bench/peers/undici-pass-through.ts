/**
 * The floor of the same building blocks: node:http in, undici dispatch out, handlers writing to the response; nothing judged, nothing added.
 *
 *   node undici-pass-through.ts PORT UPSTREAM-URL [CA-FILE]
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [port, upstream = '', caFile] = process.argv.slice(2)
const trust = caFile === undefined ? {} : { connect: { ca: readFileSync(caFile, 'utf8') } }
const pool = new Pool(upstream, { connections: 64, pipelining: 1, allowH2: false, ...trust })

createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  pool.dispatch(
    {
      method: request.method as 'GET',
      path: request.url ?? '/',
      headers: request.rawHeaders.filter((_, at, all) => (all[at - (at % 2)] as string).toLowerCase() !== 'connection'),
      body: request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined ? null : request,
    },
    {
      onRequestStart: () => undefined,
      onResponseStart: (controller, status) => void response.writeHead(status, (controller.rawHeaders as Buffer[]).map((part) => part.toString('latin1'))),
      onResponseData: (controller, chunk) => {
        if (response.write(chunk)) return
        controller.pause()
        response.once('drain', () => controller.resume())
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  )
}).listen(Number(port), '127.0.0.1')
