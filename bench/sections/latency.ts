import { haproxy } from '../contenders/haproxy.ts'
import { mitmproxy } from '../contenders/mitmproxy.ts'
import { nginx } from '../contenders/nginx.ts'
import { httpProxy3, undici } from '../contenders/node-peers.ts'
import { postern } from '../contenders/postern.ts'
import { loadProgram, warmUpFlags } from '../load.ts'
import { sideBySide, type PutLoad } from '../measure.ts'
import type { Section } from './section.ts'

const SHORT = [undici, postern('relaxed')]
const PER_SECOND = 200

const steady: PutLoad = (world, ask, countFromHere) => {
  const flags = ['-connections', '64', '-per-second', String(PER_SECOND), ...warmUpFlags(world), '-seconds', world.options.quick ? '3' : '15']
  return loadProgram(world, ask, { client: 'rate', flags }, countFromHere)
}

export const latency: Section = {
  name: 'latency',
  title: `Latency at ${PER_SECOND} requests a second, reverse mode, plain HTTP`,
  measure: (world) => sideBySide(world, world.options.quick ? SHORT : [...SHORT, postern('strict'), httpProxy3, nginx, haproxy, mitmproxy], 'reverse', steady),
}
