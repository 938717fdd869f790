import { request } from 'node:http'
import { join } from 'node:path'
import { askOf, writePosternPlace, type PosternPlace } from '../contenders/postern.ts'
import { PATH } from '../load.ts'
import { median, round, type Row } from '../measure.ts'
import { cpuUs } from '../process-tree.ts'
import { launch } from '../processes.ts'
import type { World } from '../world.ts'
import type { Section } from './section.ts'

/** From the start of the process until the first request of an agent's has come back with 200 through the proxy. */
export const readiness: Section = {
  name: 'start',
  title: 'From the start of the built program to the first request served, pinned to no core',
  measure: async (world) => {
    const place = await writePosternPlace(world, 'relaxed')
    const first = await startedMs(world, place)
    const again: Start[] = []
    for (let run = 0; run < (world.options.quick ? 3 : 9); run += 1) again.push(await startedMs(world, place))
    const [node] = place.command
    return [
      { name: 'Postern, the first start (makes its authority, store and keys)', figures: figuresOf([first]) },
      { name: 'Postern, again', figures: figuresOf(again) },
      { name: 'Node alone, to its first line', figures: await bareNode(world, node ?? process.execPath) },
    ]
  },
}

interface Start {
  readonly readyMs: number
  readonly cpuMs: number
}

function figuresOf(starts: readonly Start[]): Row['figures'] {
  return { 'ms to ready': round(median(starts.map(({ readyMs }) => readyMs))), 'CPU ms': round(median(starts.map(({ cpuMs }) => cpuMs))) }
}

async function startedMs(world: World, place: PosternPlace): Promise<Start> {
  const begunMs = performance.now()
  const running = launch('any', place.command, { logFile: join(world.directory, 'start.log') })
  let ended = false
  void running.exited.then(() => (ended = true))
  try {
    const ask = askOf(place, 'reverse')
    while (!(await served(ask.port, `${ask.prefix}${PATH}`, place.token))) {
      if (ended) throw new Error(`Postern ended before it was ready (${world.directory}/start.log)`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return { readyMs: performance.now() - begunMs, cpuMs: cpuUs(running.pid) / 1000 }
  } finally {
    await running.stop()
  }
}

/** False where nothing listens yet. */
function served(port: number, path: string, token: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, headers: { authorization: `Bearer ${token}` }, agent: false }, (response) => {
      response.resume()
      if (response.statusCode === 200) resolve(true)
      else reject(new Error(`the first request was answered with ${response.statusCode}`))
    })
    asked.once('error', () => resolve(false))
    asked.end()
  })
}

async function bareNode(world: World, node: string): Promise<Row['figures']> {
  const times: number[] = []
  for (let run = 0; run < 5; run += 1) {
    const begunMs = performance.now()
    await launch('any', [node, '--eval', '0'], { logFile: join(world.directory, 'start.log') }).exited
    times.push(performance.now() - begunMs)
  }
  return { 'ms to ready': round(median(times)) }
}
