/** What most Node proxies are built on, bare. */
import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'http-proxy-3'

const [listenPort, upstreamPort] = process.argv.slice(2).map(Number)
const proxy = createProxyServer({ target: `http://127.0.0.1:${upstreamPort}`, agent: new Agent({ keepAlive: true, maxSockets: 64 }) })
proxy.on('error', () => undefined)

createServer((request, response) => proxy.web(request, response)).listen(listenPort, '127.0.0.1')
