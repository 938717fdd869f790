/**
 * A server of Node's alone that holds connections and answers itself: 1 KB of JSON.
 *
 * JavaScript, since Node's reader of types takes 16 MB by itself, and memory is what is compared with.
 *
 *   node bare-server.mjs plain|tls|connect PORT [CERTIFICATE-FILE KEY-FILE]
 *
 * `connect` takes a CONNECT and ends TLS inside, as an intercepting proxy does.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

const [kind, port, certificateFile, keyFile] = process.argv.slice(2)
const body = Buffer.from(JSON.stringify({ id: 42, title: 'A pull request', padding: 'x'.repeat(1024 - 47) }))
const head = ['content-type', 'application/json; charset=utf-8', 'content-length', String(body.length)]
const kept = { keepAliveTimeout: 600_000 }

/** @type {import('node:http').RequestListener} */
function answer(_, response) {
  response.writeHead(200, head)
  response.end(body)
}

const plain = createServer(kept, answer)
if (kind === 'plain') plain.listen(Number(port), '127.0.0.1')
else {
  const secured = createTlsServer({ ...kept, cert: readFileSync(certificateFile ?? ''), key: readFileSync(keyFile ?? '') }, answer)
  if (kind === 'tls') secured.listen(Number(port), '127.0.0.1')
  else {
    plain.on('connect', (_, socket) => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      secured.emit('connection', socket)
    })
    plain.listen(Number(port), '127.0.0.1')
  }
}
