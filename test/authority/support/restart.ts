import { PassThrough } from 'node:stream'
import { operationalLog } from '../../../src/cli/serve/operational-log.ts'
import { serve, type Service } from '../../../src/cli/serve/serve.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { AuthorityWorld } from '../../support/authority-world.ts'

/** Ports that stay the same over a restart: issuer and links name the authority's. */
export function fixedAuthority(port: number): (text: string) => string {
  return (text) => text.replace('url: "http://127.0.0.1:0"\n  address: "127.0.0.1:0"', `url: "http://127.0.0.1:${port}"\n  address: "127.0.0.1:${port}"`)
}

/** Ends the product and starts it again on what it left, as an upgrade does. @returns the world with the new process's proxy; end its service first */
export async function restarted(world: AuthorityWorld, between: () => Promise<void> = () => Promise.resolve()): Promise<AuthorityWorld & { readonly service: Service }> {
  await world.service.close()
  await between()
  const service = await serve(await loadConfig({ file: world.configFile }), {
    log: operationalLog('debug', { write: () => undefined }), stdout: new PassThrough(), watchFile: world.configFile,
  })
  return { ...world, service, port: service.port }
}
