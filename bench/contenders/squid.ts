import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainAsk, type Contender } from '../contender.ts'
import { freePort } from '../processes.ts'
import { run, type World } from '../world.ts'

const MINTER = '/usr/lib/squid/security_file_certgen'

/** Interception by `ssl_bump`, one process, nothing cached, its access log in a file. */
export const squid: Contender = {
  name: 'squid ssl_bump',
  product: 'squid',
  settings: ['tunnel'],
  prepare: async (world) => {
    const [directory, port] = [world.place('squid'), await freePort()]
    // It gives up root's rights before it writes.
    chmodSync(directory, 0o777)
    run(MINTER, ['-c', '-s', join(directory, 'minted'), '-M', '4MB'])
    run('chmod', ['-R', 'a+rwX', join(directory, 'minted')])
    const file = join(directory, 'squid.conf')
    writeFileSync(file, configText(world, directory, port))
    return {
      command: ['squid', '-N', '-f', file],
      ask: { ...plainAsk(port), door: 'connect', target: `localhost:${world.tlsPort}`, caFile: join(world.certificates, 'ca.pem') },
    }
  },
}

function configText({ certificates }: World, directory: string, port: number): string {
  return `http_port 127.0.0.1:${port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB tls-cert=${certificates}/ca.pem tls-key=${certificates}/ca-key.pem
sslcrtd_program ${MINTER} -s ${directory}/minted -M 4MB
acl at_hello at_step SslBump1
ssl_bump peek at_hello
ssl_bump bump all
tls_outgoing_options cafile=${certificates}/ca.pem
http_access allow all
cache deny all
access_log stdio:${directory}/access.log
cache_log ${directory}/cache.log
cache_store_log none
pid_filename none
coredump_dir ${directory}
netdb_filename none
shutdown_lifetime 0 seconds
max_filedescriptors 16384
`
}
