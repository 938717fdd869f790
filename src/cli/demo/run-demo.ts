import { join } from 'node:path'
import { humanFormat, wantsColor } from '../../audit/human.ts'
import { parseRecord } from '../../audit/record.ts'
import { StreamSink } from '../../audit/stream-sink.ts'
import { createDevelopmentKeys } from '../../authority/tokens/development-keys.ts'
import { loadConfig } from '../../config/load-config.ts'
import { startDemoWorld, type DemoWorld } from '../../demo/demo-world.ts'
import { systemClock } from '../../lib/clock.ts'
import { DEMO_DIRECTORY } from '../found-config.ts'
import { PACKAGE_ROOT } from '../package-root.ts'
import { operationalLog } from '../serve/operational-log.ts'
import { serve, type Service } from '../serve/serve.ts'
import { writeDemoAgent, writeDemoEnvironment } from './demo-agents.ts'
import { writeDemoConfig } from './demo-config.ts'
import { copyPolicies, takeDemoDirectory } from './demo-directory.ts'
import { welcome, type WelcomeFacts } from './welcome.ts'

/** In the file all the same: what the next line says anyway. */
const QUIET: ReadonlySet<string> = new Set(['audit.checkpoint', 'api.started', 'admin.started'])
/** Runs everything in one process without any account: the upstreams are stand-ins, all else is what runs in production. */
export async function runDemo(listen: string): Promise<{ close(): Promise<void>; flush(): Promise<void> }> {
  const directory = join(process.cwd(), DEMO_DIRECTORY)
  const release = await takeDemoDirectory(directory)
  const world = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') }).catch((error: unknown) => {
    release()
    throw error
  })
  const end = async (): Promise<void> => {
    await world.close()
    release()
  }
  try {
    const { service, facts } = await startDemo(directory, listen, world)
    process.stdout.write(welcome(facts))
    showAudit(service)
    return {
      close: async () => {
        await service.close()
        await end()
      },
      flush: () => service.audit.close(),
    }
  } catch (error) {
    await end()
    throw explained(error)
  }
}

async function startDemo(directory: string, listen: string, world: DemoWorld): Promise<{ service: Service; facts: WelcomeFacts }> {
  if (world.files === undefined) throw new TypeError('the demo world has no files')
  const keys = await createDevelopmentKeys(join(directory, 'identity'))
  const policies = await copyPolicies(join(PACKAGE_ROOT, 'policies'), directory)
  const config = await writeDemoConfig({ directory, policies, listen, world: { ...world, files: world.files }, keys })
  const agent = await writeDemoAgent(directory, keys, systemClock.nowMs())
  const loaded = await loadConfig({ file: config })
  const service = await serve(loaded, { log: operationalLog('warn'), stdout: process.stdout, watchFile: config })
  await writeDemoEnvironment(agent, service.address, loaded.config.ca.bundleFile)
  return { service, facts: { address: service.address, agent, policies, config } }
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
