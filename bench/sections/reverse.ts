import { fastify, httpProxy3, undici } from '../contenders/node-peers.ts'
import { haproxy } from '../contenders/haproxy.ts'
import { mitmproxy } from '../contenders/mitmproxy.ts'
import { nginx } from '../contenders/nginx.ts'
import { postern } from '../contenders/postern.ts'
import { wrk } from '../load.ts'
import { sideBySide, type PutLoad } from '../measure.ts'
import type { Section } from './section.ts'

const CONNECTIONS = 64
const STRICT = postern('strict')
const CONTENDERS = [undici, httpProxy3, fastify, nginx, haproxy, mitmproxy, postern('relaxed'), STRICT]

const closedLoop: PutLoad = (world, ask, countFromHere) => wrk(world, ask, CONNECTIONS, world.options.quick ? 2 : 6, countFromHere)

export const reverse: Section = {
  name: 'reverse',
  title: 'Reverse mode, plain HTTP, 1 KB JSON, keep-alive, 64 connections',
  measure: (world) => sideBySide(world, CONTENDERS, 'reverse', closedLoop),
}

export const tlsUpstream: Section = {
  name: 'tls-upstream',
  title: 'Reverse mode to a TLS upstream, 1 KB JSON, keep-alive, 64 connections',
  measure: (world) => sideBySide(world, world.options.quick ? CONTENDERS.filter((one) => one !== mitmproxy && one !== STRICT) : CONTENDERS, 'tls-upstream', closedLoop),
}
