import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDevelopmentKeys } from '../../src/authority/tokens/development-keys.ts'
import { writeDemoConfig } from '../../src/cli/demo/demo-config.ts'
import { startDemoWorld, type DemoFiles, type DemoWorld } from '../../src/demo/demo-world.ts'
import { root } from '../house/source-tree.ts'
import { PEOPLE, REDIRECT, WorldBrowser, type PersonName } from './authority-world.ts'
import { launchProduct, startProduct, type LaunchedProduct, type ProductProcess } from './product-process.ts'
import { freePort } from './redis-server.ts'
import { fetchTrusting } from './standins.ts'

/** The configuration of one process of the product, and where it will be. */
export interface ProductPlace {
  readonly directory: string
  readonly configFile: string
  readonly auditFile: string
  /** Of the authority, whatever its URL says. */
  readonly authorityPort: number
  readonly proxyPort: number
  start(): Promise<ProductProcess>
  launch(): LaunchedProduct
}

/** The whole product as processes that can be killed, before stand-ins of its upstreams that live on. */
export interface ProductWorld {
  /** The authority's URL: the first process's own address. */
  readonly url: string
  readonly upstreams: DemoWorld
  readonly places: readonly ProductPlace[]
  browser(): WorldBrowser
  signedIn(name: PersonName): Promise<WorldBrowser>
  /** Ends the stand-ins and removes every file; the processes are the caller's. */
  close(): Promise<void>
}

export interface ProductWorldOptions {
  /** Several share one Redis. */
  readonly redis?: { readonly port: number } | undefined
  readonly processes?: number
}

/** Writes the configurations; nothing of the product is started yet. GitHub's App is lent, so nobody needs to connect an account. */
export async function openProductWorld({ redis, processes = 1 }: ProductWorldOptions = {}): Promise<ProductWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-product-'))
  const world = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') })
  const upstreams = { ...world, files: world.files as DemoFiles }
  const policies = await unboundPolicies(join(directory, 'policies'))
  const url = `http://127.0.0.1:${await freePort()}`
  const places: ProductPlace[] = []
  for (let index = 0; index < processes; index += 1) {
    places.push(await writePlace({ directory: join(directory, `process-${index}`), policies, upstreams, url, first: places[0], redis }))
  }
  const trusting = fetchTrusting(upstreams.caPem)
  const browser = (): WorldBrowser => new WorldBrowser(url, trusting.fetch, upstreams.github.port)
  return {
    url, upstreams, places, browser,
    signedIn: (name) => browser().signIn(name),
    close: async () => {
      await trusting.close()
      await upstreams.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The product's own policies without their bounds in time and number: a proof runs for longer, and asks more often. */
async function unboundPolicies(directory: string): Promise<string> {
  await cp(join(root, 'policies'), directory, { recursive: true })
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.yaml')) continue
    const text = await readFile(join(directory, name), 'utf8')
    await writeFile(join(directory, name), text.replaceAll(/^ {4}(?:expires_in|limits): .*\n/gm, ''))
  }
  return directory
}

interface PlaceWish {
  readonly directory: string
  readonly policies: string
  readonly upstreams: DemoWorld & { readonly files: DemoFiles }
  readonly url: string
  /** Whose store is shared. */
  readonly first: ProductPlace | undefined
  readonly redis: { readonly port: number } | undefined
}

async function writePlace({ directory, policies, upstreams, url, first, redis }: PlaceWish): Promise<ProductPlace> {
  await mkdir(directory, { mode: 0o700 })
  const keys = await createDevelopmentKeys(join(directory, 'identity'))
  const [proxyPort, authorityPort] = [await freePort(), first === undefined ? Number(new URL(url).port) : await freePort()]
  const configFile = await writeDemoConfig({ directory, policies, listen: `127.0.0.1:${proxyPort}`, world: upstreams, keys })
  const text = await readFile(configFile, 'utf8')
  const storeKey = JSON.stringify(join((first ?? { directory }).directory, 'store.key'))
  const store = redis === undefined ? undefined : `store: { redis: { nodes: ["127.0.0.1:${redis.port}"] }, key: { file: ${storeKey} } }`
  await writeFile(configFile, withAuthority(store === undefined ? text : text.replace(/^store: .*$/m, store), url, authorityPort))
  return {
    directory, configFile, auditFile: join(directory, 'audit.jsonl'), authorityPort, proxyPort,
    start: () => startProduct(configFile),
    launch: () => launchProduct(configFile),
  }
}

function withAuthority(text: string, url: string, port: number): string {
  const accounts = Object.values(PEOPLE).map(({ person, name, groups }) => JSON.stringify({ person, name, groups }))
  return `${text.replaceAll(/^ {2}- \{ id: "(agent:[^"]+)", (.*) \}$/gm, `  - { id: "$1", $2, redirect_uris: ["${REDIRECT}"] }`)}authority:
  url: ${JSON.stringify(url)}
  address: "127.0.0.1:${port}"
  unsafe_demo_accounts: [${accounts.join(', ')}]
  roles: { operator: { groups: [platform-ops] }, auditor: { groups: [security] } }
`
}
