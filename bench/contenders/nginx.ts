import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainAsk, type Contender, type Setting } from '../contender.ts'
import { freePort } from '../processes.ts'
import type { World } from '../world.ts'
import { tlsAsk } from './tls-ask.ts'

/** One worker, keep-alive on both sides, a JSON line for each request in a file. It knows no CONNECT: in tunnels it is TLS to TLS. */
export const nginx: Contender = {
  name: 'nginx',
  product: 'nginx',
  settings: ['reverse', 'tls-upstream', 'tunnel', 'h2', 'websocket'],
  prepare: async (world, setting) => {
    const [directory, port] = [world.place('nginx'), await freePort()]
    const file = join(directory, 'nginx.conf')
    writeFileSync(file, configText(world, setting, directory, port))
    const secured = setting === 'tunnel' || setting === 'h2'
    return { command: ['nginx', '-p', directory, '-e', join(directory, 'error.log'), '-c', file], ask: secured ? tlsAsk(world, port) : plainAsk(port) }
  },
}

function configText({ plainPort, tlsPort, certificates }: World, setting: Setting, directory: string, port: number): string {
  const [secured, secure] = [setting === 'tunnel' || setting === 'h2', setting !== 'reverse' && setting !== 'websocket']
  const listen = `listen 127.0.0.1:${port}${secured ? ' ssl' : ''}${setting === 'h2' ? ' http2' : ''};`
  const identity = secured ? `ssl_certificate ${certificates}/leaf.pem; ssl_certificate_key ${certificates}/leaf-key.pem; ssl_session_tickets off;` : ''
  const verify = `proxy_ssl_verify on; proxy_ssl_trusted_certificate ${certificates}/ca.pem; proxy_ssl_name localhost; proxy_ssl_server_name on;`
  const connection = setting === 'websocket' ? 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;' : 'proxy_set_header Connection "";'
  return `daemon off; user root; worker_processes 1; pid ${directory}/nginx.pid;
events { worker_connections 8192; }
http {
  log_format line escape=json '{"time":"$time_iso8601","method":"$request_method","uri":"$request_uri","status":$status,"bytes":$bytes_sent,"seconds":$request_time}';
  access_log ${directory}/access.log line;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  keepalive_requests 100000000; client_max_body_size 0; proxy_request_buffering off; proxy_buffering on; proxy_max_temp_file_size 0;
  upstream things { server 127.0.0.1:${secure ? tlsPort : plainPort}; keepalive 64; keepalive_requests 100000000; }
  server {
    ${listen} ${identity}
    location / { proxy_pass ${secure ? 'https' : 'http'}://things; proxy_http_version 1.1; ${connection} ${secure ? verify : ''} }
  }
}
`
}
