import { haproxy } from '../contenders/haproxy.ts'
import { mitmproxy } from '../contenders/mitmproxy.ts'
import { nginx } from '../contenders/nginx.ts'
import { httpProxy3 } from '../contenders/node-peers.ts'
import { postern } from '../contenders/postern.ts'
import { loadProgram, warmUpFlags } from '../load.ts'
import { sideBySide, type PutLoad } from '../measure.ts'
import type { Section } from './section.ts'

const MESSAGE_BYTES = 128

const echoes: PutLoad = (world, ask, countFromHere) => {
  const flags = ['-connections', '64', '-bytes', String(MESSAGE_BYTES), ...warmUpFlags(world), '-seconds', world.options.quick ? '1.5' : '6']
  return loadProgram(world, ask, { client: 'websocket', flags }, countFromHere)
}

export const webSocket: Section = {
  name: 'websocket',
  title: `WebSocket in reverse mode: ${MESSAGE_BYTES} bytes there and back, 64 connections; figures of one such pair of messages`,
  measure: (world) => sideBySide(world, [nginx, httpProxy3, postern('relaxed'), ...(world.options.quick ? [] : [haproxy, mitmproxy])], 'websocket', echoes),
}
