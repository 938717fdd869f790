import type { KeyObject } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDevelopmentKeys } from '../../../src/authority/tokens/development-keys.ts'
import { writeDemoConfig } from '../../../src/cli/demo/demo-config.ts'
import { startDemoWorld, type DemoFiles } from '../../../src/demo/demo-world.ts'
import { OauthAgent, WorldBrowser, withAuthority, type PersonName } from '../../support/authority-world.ts'
import { startProduct } from '../../support/product-process.ts'
import { fetchTrusting } from '../../support/standins.ts'
import { FOUNDING_POLICIES, pipelineKey } from './founding-config.ts'

/** The founding case with the product as a process of its own, and the stand-ins in this one. */
export interface SeparateWorld {
  readonly port: number
  readonly url: string
  readonly pipelineKey: KeyObject
  signedIn(name: PersonName): Promise<WorldBrowser>
  close(): Promise<void>
}

export async function startSeparateWorld(): Promise<SeparateWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-founding-'))
  const upstreams = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') })
  const files = upstreams.files as DemoFiles
  const keys = await createDevelopmentKeys(join(directory, 'identity'))
  const configFile = await writeDemoConfig({ directory, policies: FOUNDING_POLICIES, listen: '127.0.0.1:0', world: { ...upstreams, files }, keys })
  const key = pipelineKey()
  const [origin, text] = [`127.0.0.1:${await freePort()}`, await readFile(configFile, 'utf8')]
  const complete = withAuthority(text, files, { ...upstreams, files }, true, { delegation_token: '1h' })
    .replace('url: "http://127.0.0.1:0"', `url: "http://${origin}"`).replace('address: "127.0.0.1:0"\n  unsafe', `address: "${origin}"\n  unsafe`)
  await writeFile(configFile, key.withPipeline(complete))
  const product = await startProduct(configFile)
  const trusting = fetchTrusting(upstreams.caPem)
  const url = `http://${origin}`
  return {
    port: product.port,
    url,
    pipelineKey: key.privateKey,
    signedIn: async (name) => new WorldBrowser(url, trusting.fetch, upstreams.github.port).signIn(name),
    close: async () => {
      await product.kill()
      await trusting.close()
      await upstreams.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A token for the admin API, as the command line gets it: code and PKCE. */
export async function operatorToken(url: string, browser: WorldBrowser): Promise<string> {
  const terminal = new OauthAgent(url, 'postern-cli')
  await browser.ask(terminal.authorizationUrl({ resource: `${url}/v1` }))
  const { status, body } = await terminal.redeem(await browser.answer('approve'))
  if (status !== 200) throw new Error(`no token for the operator: ${status} ${JSON.stringify(body)}`)
  return String(body['access_token'])
}

/** The authority's origin has to be known before it starts. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
