import { haproxy } from '../contenders/haproxy.ts'
import { mitmproxy } from '../contenders/mitmproxy.ts'
import { nginx } from '../contenders/nginx.ts'
import { postern } from '../contenders/postern.ts'
import { squid } from '../contenders/squid.ts'
import { loadProgram, warmUpFlags } from '../load.ts'
import type { Contender } from '../contender.ts'
import { sideBySide, type PutLoad } from '../measure.ts'
import type { World } from '../world.ts'
import type { Section } from './section.ts'

/** The two that know no CONNECT are TLS to TLS: less work, told as what is possible. */
const SHORT = [nginx, haproxy, squid, mitmproxy, postern('relaxed')]
const CONTENDERS = [...SHORT, postern('strict')]

function contendersOf({ options }: World): readonly Contender[] {
  return options.quick ? SHORT : CONTENDERS
}

const established: PutLoad = (world, ask, countFromHere) => {
  const flags = ['-connections', '64', ...warmUpFlags(world), '-seconds', world.options.quick ? '1.5' : '6']
  return loadProgram(world, ask, { client: 'closed', flags }, countFromHere)
}

export const tunnel: Section = {
  name: 'tunnel',
  title: 'Forward TLS: established CONNECT tunnels, intercepted, 1 KB JSON, 64 tunnels (nginx, haproxy: TLS to TLS without CONNECT)',
  measure: (world) => sideBySide(world, contendersOf(world), 'tunnel', established),
}

const opened: PutLoad = (world, ask, countFromHere) => {
  const { quick } = world.options
  const flags = ['-connections', '16', '-warm-up', quick ? '1' : '6', '-seconds', quick ? '1.5' : '6']
  return loadProgram(world, ask, { client: 'tunnels', flags }, countFromHere)
}

export const newTunnels: Section = {
  name: 'new-tunnels',
  title: 'New tunnels: TCP, CONNECT, a full TLS handshake, one request, closed; 16 at once',
  measure: (world) => sideBySide(world, contendersOf(world), 'tunnel', opened),
}

const H2_CONNECTIONS = 8
const H2_STREAMS = 8

const streams: PutLoad = (world, ask, countFromHere) => {
  const flags = ['-alpn', 'h2', '-connections', String(H2_CONNECTIONS), '-streams', String(H2_STREAMS), ...warmUpFlags(world), '-seconds', world.options.quick ? '1.5' : '6']
  return loadProgram(world, ask, { client: 'closed', flags }, countFromHere)
}

export const http2: Section = {
  name: 'h2',
  // mitmproxy answers 502 to eight streams at once.
  title: `HTTP/2 in established tunnels, ${H2_CONNECTIONS} tunnels with ${H2_STREAMS} streams at once, to an HTTP/1.1 TLS upstream (nginx, haproxy: without CONNECT)`,
  measure: (world) => sideBySide(world, contendersOf(world).filter((one) => one !== mitmproxy), 'h2', streams),
}
