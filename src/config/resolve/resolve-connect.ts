import type { YamlPath } from '../../lib/yaml-document.ts'
import type { ConnectConfig } from '../config.ts'
import type { References } from '../references.ts'
import type { ConnectText } from '../schema/config-schema.ts'

/** A `connect` section with its certificates and secrets read. */
export async function resolveConnect(connect: Partial<ConnectText> & Pick<ConnectText, 'allow_addresses' | 'timeout'>, at: YamlPath, references: References): Promise<ConnectConfig> {
  const { timeouts, client_certificate: client, via_proxy: parent, via_proxy_credentials: credentials } = connect
  return {
    address: connect.address,
    allowAddresses: connect.allow_addresses,
    caPem: connect.ca === undefined ? undefined : await references.text(connect.ca, [...at, 'ca']),
    clientCertificate: client === undefined ? undefined : {
      certificatePem: await references.text(client.certificate, [...at, 'client_certificate', 'certificate']),
      key: await references.secret(client.key, [...at, 'client_certificate', 'key']),
    },
    viaProxy: parent === undefined ? undefined : {
      ...parent,
      credentials: credentials === undefined ? undefined : await references.secret(credentials, [...at, 'via_proxy_credentials']),
    },
    timeoutMs: connect.timeout,
    http2: connect.http2 ?? 'never',
    timeouts: timeouts === undefined ? undefined : { firstByteMs: timeouts.first_byte, idleMs: timeouts.idle, totalMs: timeouts.total },
  }
}
