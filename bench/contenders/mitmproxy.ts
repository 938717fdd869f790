import { homedir } from 'node:os'
import { join } from 'node:path'
import { plainAsk, type Ask, type Contender, type Setting } from '../contender.ts'
import { freePort } from '../processes.ts'
import type { World } from '../world.ts'

/** Where `set-up.sh` puts it. */
const MITMDUMP = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'postern-bench', 'mitmproxy', 'bin', 'mitmdump')

/** Its command without an interface, which prints and keeps nothing. */
export const mitmproxy: Contender = {
  name: 'mitmproxy',
  product: 'mitmproxy',
  settings: ['reverse', 'tls-upstream', 'tunnel', 'h2', 'websocket'],
  prepare: async (world, setting) => {
    const [directory, port] = [world.place('mitmproxy'), await freePort()]
    const common = ['-q', '--listen-host', '127.0.0.1', '--listen-port', String(port), '--set', 'stream_large_bodies=64k', '--set', `confdir=${directory}`]
    const trust = ['--set', `ssl_verify_upstream_trusted_ca=${join(world.certificates, 'ca.pem')}`]
    return { command: [MITMDUMP, ...common, ...trust, ...modeOf(world, setting)], ask: askOf(world, setting, directory, port) }
  },
}

function modeOf({ plainPort, tlsPort }: World, setting: Setting): readonly string[] {
  switch (setting) {
    case 'reverse':
    case 'websocket': return ['--mode', `reverse:http://127.0.0.1:${plainPort}`]
    case 'tls-upstream': return ['--mode', `reverse:https://localhost:${tlsPort}`]
    case 'tunnel': return ['--mode', 'regular', '--set', 'http2=false']
    case 'h2': return ['--mode', 'regular']
  }
}

function askOf(world: World, setting: Setting, directory: string, port: number): Ask {
  if (setting !== 'tunnel' && setting !== 'h2') return plainAsk(port)
  return { ...plainAsk(port), door: 'connect', target: `localhost:${world.tlsPort}`, caFile: join(directory, 'mitmproxy-ca-cert.pem') }
}
