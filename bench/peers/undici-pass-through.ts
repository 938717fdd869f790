/** The floor of the same building blocks: node:http in, undici dispatch out, handlers writing to the response; nothing judged, nothing added. */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [listenPort, upstreamPort] = process.argv.slice(2).map(Number)
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 64, pipelining: 1, allowH2: false })

createServer((request, response) => {
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
}).listen(listenPort, '127.0.0.1')
