/**
 * A framework's proxy, as its documentation sets it up, with connections to the upstream as the others have them.
 * JavaScript, since its packages are installed for the bench alone.
 *
 *   node fastify-http-proxy.mjs PORT UPSTREAM-URL [CA-FILE]
 */
import { readFileSync } from 'node:fs'
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

const [port, upstream, caFile] = process.argv.slice(2)
const trust = caFile === undefined ? {} : { connect: { ca: readFileSync(caFile, 'utf8') } }
const server = fastify()
await server.register(proxy, { upstream, undici: { connections: 64, pipelining: 1, ...trust } })
await server.listen({ port: Number(port), host: '127.0.0.1' })
