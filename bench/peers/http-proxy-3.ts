/**
 * What most Node proxies are built on, bare; WebSocket too.
 *
 *   node http-proxy-3.ts PORT UPSTREAM-URL [CA-FILE]
 */
import { readFileSync } from 'node:fs'
import { Agent, createServer } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { createProxyServer } from 'http-proxy-3'

const [port, upstream = '', caFile] = process.argv.slice(2)
const kept = { keepAlive: true, maxSockets: 64 }
const agent = caFile === undefined ? new Agent(kept) : new TlsAgent({ ...kept, ca: readFileSync(caFile, 'utf8') })
const proxy = createProxyServer({ target: upstream, agent, ws: true })
proxy.on('error', () => undefined)

createServer({ keepAliveTimeout: 600_000 }, (request, response) => proxy.web(request, response))
  .on('upgrade', (request, socket, head) => proxy.ws(request, socket, head))
  .listen(Number(port), '127.0.0.1')
