import { setTimeout as wait } from 'node:timers/promises'
import { bareConnect, barePlain, bareTls } from '../contenders/bare-servers.ts'
import { haproxy } from '../contenders/haproxy.ts'
import { mitmproxy } from '../contenders/mitmproxy.ts'
import { nginx } from '../contenders/nginx.ts'
import { httpProxy3, undici } from '../contenders/node-peers.ts'
import { postern } from '../contenders/postern.ts'
import { squid } from '../contenders/squid.ts'
import type { Contender, Setting } from '../contender.ts'
import { loadProgram } from '../load.ts'
import { round, withRunning, type Row } from '../measure.ts'
import { residentMb } from '../process-tree.ts'
import type { World } from '../world.ts'
import type { Section } from './section.ts'

const CONNECTIONS = 2_000
const POSTERN = postern('relaxed')

/** Each with the setting whose doors are opened. The bare servers have one each, whatever it is called. */
const HELD: readonly (readonly [label: string, contender: Contender, setting: Setting])[] = [
  ['plain: bare Node server', barePlain, 'reverse'],
  ['plain: undici dispatch, bare', undici, 'reverse'],
  ['plain: http-proxy-3, bare', httpProxy3, 'reverse'],
  ['plain: nginx', nginx, 'reverse'],
  ['plain: haproxy', haproxy, 'reverse'],
  ['plain: Postern', POSTERN, 'reverse'],
  ['TLS: bare Node server', bareTls, 'reverse'],
  ['TLS inside CONNECT: bare Node server', bareConnect, 'reverse'],
  ['TLS: nginx', nginx, 'tunnel'],
  ['TLS: haproxy', haproxy, 'tunnel'],
  ['TLS inside CONNECT: squid ssl_bump', squid, 'tunnel'],
  ['TLS inside CONNECT: mitmproxy', mitmproxy, 'tunnel'],
  ['TLS inside CONNECT: Postern', POSTERN, 'tunnel'],
]

const SHORT = new Set([barePlain.product, POSTERN.product])

export const idle: Section = {
  name: 'idle',
  title: `Memory at rest and with ${CONNECTIONS} idle connections, each after one request`,
  measure: async (world) => {
    const rows: Row[] = []
    for (const [label, contender, setting] of HELD) {
      if (world.options.without.includes(contender.product) || (world.options.quick && !SHORT.has(contender.product))) continue
      rows.push(await rowOf(world, label, contender, setting))
    }
    return rows
  },
}

async function rowOf(world: World, name: string, contender: Contender, setting: Setting): Promise<Row> {
  try {
    // Once: it differs little from one time to the next, and each takes a minute a row.
    const { restMb, heldMb } = await held(world, contender, setting)
    return { name, figures: { 'MB at rest': round(restMb), [`MB with ${CONNECTIONS}`]: round(heldMb), 'KB a connection': round((heldMb - restMb) * 1024 / CONNECTIONS) } }
  } catch (error) {
    return { name, figures: {}, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** For what a start or the opening leaves behind to be collected, and memory given back. */
const SETTLE_MS = { quick: 1_000, full: 20_000 }

function held(world: World, contender: Contender, setting: Setting): Promise<{ readonly restMb: number; readonly heldMb: number }> {
  const settleMs = world.options.quick ? SETTLE_MS.quick : SETTLE_MS.full
  return withRunning(world, contender, setting, async (ask, pid) => {
    await wait(settleMs)
    const restMb = residentMb(pid)
    let heldMb = Number.NaN
    const { failed, problem } = await loadProgram(world, ask, { client: 'idle', flags: ['-connections', String(CONNECTIONS)] }, async () => {
      await wait(settleMs)
      heldMb = residentMb(pid)
    })
    if (failed > 0) throw new Error(`${failed} of ${CONNECTIONS} connections were not held: ${problem}`)
    return { restMb, heldMb }
  })
}
