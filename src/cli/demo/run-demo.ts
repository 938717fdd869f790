import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { humanFormat, wantsColor } from '../../audit/human.ts'
import { parseRecord } from '../../audit/record.ts'
import { StreamSink } from '../../audit/stream-sink.ts'
import { createDevelopmentKeys } from '../../authority/tokens/development-keys.ts'
import { loadConfig } from '../../config/load-config.ts'
import { startDemoWorld, type DemoWorld } from '../../demo/demo-world.ts'
import { systemClock } from '../../lib/clock.ts'
import { operationalLog } from '../serve/operational-log.ts'
import { serve, type Service } from '../serve/serve.ts'
import { writeDemoAgent, type DemoAgent } from './demo-agents.ts'
import { writeDemoConfig } from './demo-config.ts'
import { takeDemoDirectory } from './demo-directory.ts'
import { welcome } from './welcome.ts'

/** In the file all the same: what the next line says anyway. */
const QUIET: ReadonlySet<string> = new Set(['audit.checkpoint', 'api.started', 'policy.loaded', 'admin.started'])
const DIRECTORY = '.postern/demo'
/** Beside `dist/` or `src/`, in the checkout as in the package. */
const POLICIES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'policies')

/** Runs everything in one process without any account: the upstreams are stand-ins, all else is what runs in production. */
export async function runDemo(listen: string): Promise<{ close(): Promise<void> }> {
  const directory = join(process.cwd(), DIRECTORY)
  const release = await takeDemoDirectory(directory)
  const world = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') })
  try {
    const { service, agent } = await startDemo(directory, listen, world)
    process.stdout.write(welcome({ directory, address: service.address, agent }))
    showAudit(service)
    return { close: async () => {
      await service.close()
      await world.close()
      await release()
    } }
  } catch (error) {
    await world.close()
    await release()
    throw error
  }
}

async function startDemo(directory: string, listen: string, world: DemoWorld): Promise<{ service: Service; agent: DemoAgent }> {
  if (world.files === undefined) throw new TypeError('the demo world has no files')
  const keys = await createDevelopmentKeys(join(directory, 'identity'))
  const file = await writeDemoConfig({ directory, policies: POLICIES, listen, world: { ...world, files: world.files }, keys })
  const agent = await writeDemoAgent(directory, keys, systemClock.nowMs())
  const service = await serve(await loadConfig({ file }), { log: operationalLog('warn'), stdout: process.stdout, watchFile: file })
  return { service, agent }
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
