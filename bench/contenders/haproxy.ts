import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainAsk, type Contender, type Setting } from '../contender.ts'
import { freePort } from '../processes.ts'
import type { World } from '../world.ts'
import { tlsAsk } from './tls-ask.ts'

/** One thread, keep-alive on both sides, no log. It knows no CONNECT: in tunnels it is TLS to TLS. */
export const haproxy: Contender = {
  name: 'haproxy',
  product: 'haproxy',
  settings: ['reverse', 'tls-upstream', 'tunnel', 'h2', 'websocket'],
  prepare: async (world, setting) => {
    const [directory, port] = [world.place('haproxy'), await freePort()]
    const file = join(directory, 'haproxy.cfg')
    writeFileSync(file, configText(world, setting, port))
    const secured = setting === 'tunnel' || setting === 'h2'
    return { command: ['haproxy', '-db', '-f', file], ask: secured ? tlsAsk(world, port) : plainAsk(port) }
  },
}

function configText({ plainPort, tlsPort, certificates }: World, setting: Setting, port: number): string {
  const [secured, secure] = [setting === 'tunnel' || setting === 'h2', setting !== 'reverse' && setting !== 'websocket']
  const identity = secured ? ` ssl crt ${certificates}/leaf-both.pem alpn ${setting === 'h2' ? 'h2' : 'http/1.1'}` : ''
  const server = secure
    ? `127.0.0.1:${tlsPort} ssl verify required ca-file ${certificates}/ca.pem sni str(localhost) verifyhost localhost`
    : `127.0.0.1:${plainPort}`
  return `global
  nbthread 1
  maxconn 4000
  tune.ssl.cachesize 0
defaults
  mode http
  timeout connect 10s
  timeout client 5m
  timeout server 5m
  timeout tunnel 5m
  http-reuse always
frontend in
  bind 127.0.0.1:${port}${identity}
  default_backend things
backend things
  server upstream ${server} pool-max-conn 64
`
}
