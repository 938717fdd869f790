import { join } from 'node:path'
import { humanFormat, wantsColor } from '../../audit/human.ts'
import { parseRecord } from '../../audit/record.ts'
import { StreamSink } from '../../audit/stream-sink.ts'
import { createDevelopmentKeys } from '../../authority/tokens/development-keys.ts'
import { loadConfig } from '../../config/load-config.ts'
import { startDemoAgent, type DemoAgentServer } from '../../demo/agent/start-demo-agent.ts'
import { startDemoWorld, type DemoWorld } from '../../demo/demo-world.ts'
import { systemClock } from '../../lib/clock.ts'
import { DEMO_DIRECTORY } from '../found-config.ts'
import { PACKAGE_ROOT } from '../package-root.ts'
import { operationalLog } from '../serve/operational-log.ts'
import { serve, type Service } from '../serve/serve.ts'
import { writeDemoAgent, writeDemoEnvironment } from './demo-agents.ts'
import { DEMO_ATTEMPTS, DEMO_PEOPLE, DEMO_REQUEST } from './demo-people.ts'
import { writeDemoConfig } from './demo-config.ts'
import { copyPolicies, takeDemoDirectory } from './demo-directory.ts'
import { welcome, type WelcomeFacts } from './welcome.ts'

/** In the file all the same: what the next line says anyway. */
const QUIET: ReadonlySet<string> = new Set(['audit.checkpoint', 'api.started', 'admin.started'])
/** Runs everything in one process without any account: the upstreams are stand-ins, all else is what runs in production. */
export async function runDemo(listen: string): Promise<{ close(): Promise<void>; flush(): Promise<void> }> {
  const directory = join(process.cwd(), DEMO_DIRECTORY)
  const release = await takeDemoDirectory(directory)
  const world = await startDemoWorld({ stateDirectory: join(directory, 'upstreams'), plaintextSites: true }).catch((error: unknown) => {
    release()
    throw error
  })
  const end = async (): Promise<void> => {
    await world.close()
    release()
  }
  try {
    const { service, window, facts } = await startDemo(directory, listen, world)
    process.stdout.write(welcome(facts))
    showAudit(service)
    return {
      close: async () => {
        await window.close()
        await service.close()
        await end()
      },
      flush: () => service.flush(),
    }
  } catch (error) {
    await end()
    throw explained(error)
  }
}

async function startDemo(directory: string, listen: string, world: DemoWorld): Promise<{ service: Service; window: DemoAgentServer; facts: WelcomeFacts }> {
  if (world.files === undefined) throw new TypeError('the demo world has no files')
  const keys = await createDevelopmentKeys(join(directory, 'identity'))
  const policies = await copyPolicies(join(PACKAGE_ROOT, 'policies'), directory)
  const authority = { listen: authorityListen(listen), people: DEMO_PEOPLE }
  const config = await writeDemoConfig({ directory, policies, listen, world: { ...world, files: world.files }, keys, authority })
  const agent = await writeDemoAgent(directory, keys, systemClock.nowMs())
  const loaded = await loadConfig({ file: config })
  const service = await serve(loaded, { log: operationalLog('warn'), stdout: process.stdout, watchFile: config })
  await writeDemoEnvironment(agent, service.address, loaded.config.ca.bundleFile)
  const url = service.authority?.url ?? ''
  const window = await startDemoAgent({
    issuer: url, clientId: 'pr-reviewer', details: DEMO_REQUEST, attempts: DEMO_ATTEMPTS, clock: systemClock,
    baseUrl: (integration) => `http://${service.address}/${integration}`,
  }).catch(async (error: unknown) => {
    await service.close()
    throw error
  })
  return { service, window, facts: { address: service.address, authority: url, window: window.url, agent, policies, config } }
}

/** Beside the proxy: the next port, or any where that is any. */
function authorityListen(listen: string): string {
  const colon = listen.lastIndexOf(':')
  const port = Number(listen.slice(colon + 1))
  return `${listen.slice(0, colon)}:${port === 0 ? 0 : port + 1}`
}

/** The usual trouble of a first try: port 8080 is a popular one. */
function explained(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(error instanceof Error && cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) return error
  return new Error(`${error.message} End that one, or start the demo on a free port: npm start -- --listen 127.0.0.1:0`, { cause })
}

function showAudit(service: Service): void {
  const format = humanFormat(wantsColor(process.stdout.isTTY, process.env))
  const sink = new StreamSink({
    stream: process.stdout,
    format: ({ event, line }) => {
      const record = QUIET.has(event) ? undefined : parseRecord(line)
      return record === undefined ? undefined : format(record)
    },
  })
  service.audit.onRecord(sink.write)
}
