import { join } from 'node:path'
import { plainAsk, type Ask } from '../contender.ts'
import { TLS_HOST, type World } from '../world.ts'

/** How something is asked that ends TLS with the bench's own certificate and knows no CONNECT. */
export function tlsAsk({ certificates }: World, port: number): Ask {
  return { ...plainAsk(port), door: 'tls', target: `${TLS_HOST}:443`, caFile: join(certificates, 'ca.pem') }
}
