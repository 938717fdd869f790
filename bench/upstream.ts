/** The upstream of the bench: 1 KB of JSON for every request, from a process of its own. */
import { createServer } from 'node:http'

const port = Number(process.argv[2])
const body = Buffer.from(JSON.stringify({ id: 42, title: 'A pull request', padding: 'x'.repeat(1024 - 53) }))
const head = ['content-type', 'application/json; charset=utf-8', 'content-length', String(body.length)]

createServer((request, response) => {
  request.resume()
  response.writeHead(200, head)
  response.end(body)
}).listen(port, '127.0.0.1')
