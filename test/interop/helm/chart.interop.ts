import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readConfigDocuments } from '../../../src/config/read-config-text.ts'
import { parseYamlFile } from '../../../src/lib/yaml-document.ts'
import { root } from '../../house/source-tree.ts'
import { given } from '../given.ts'

const chart = join(root, 'helm', 'postern')
const EXAMPLES = readdirSync(join(chart, 'examples')).map((file) => file.replace('.values.yaml', ''))
const example = (name: string): readonly string[] => ['--values', join(chart, 'examples', `${name}.values.yaml`)]

/** Helm as it stands knows the Kubernetes of its own time at best: which one it is for is said. */
const CLUSTER = ['--kube-version', '1.31.0']

interface Outcome {
  readonly code: number
  readonly text: string
}

async function helm(...args: readonly string[]): Promise<Outcome> {
  const run = promisify(execFile)
  return run(given('HELM'), [...args], { env: { HOME: given('RUN') } }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { readonly code?: number, readonly stderr?: string, readonly stdout?: string }) => ({ code: error.code ?? -1, text: `${error.stdout ?? ''}${error.stderr ?? ''}` }),
  )
}

const template = (...args: readonly string[]): Promise<Outcome> => helm('template', 'test', chart, ...CLUSTER, ...args)

interface Port { readonly name: string, readonly containerPort: number }
interface Container {
  readonly name: string
  readonly image: string
  readonly restartPolicy?: string
  readonly args?: readonly string[]
  readonly ports?: readonly Port[]
  readonly env?: readonly { readonly name: string, readonly value?: string }[]
  readonly volumeMounts: readonly { readonly name: string, readonly mountPath: string, readonly readOnly?: boolean }[]
  readonly securityContext: Readonly<Record<string, unknown>>
}
interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec: {
    readonly replicas: number
    readonly strategy: { readonly type: string }
    readonly type: string
    readonly ports: readonly { readonly name: string, readonly port: number, readonly targetPort: string }[]
    readonly policyTypes: readonly string[]
    readonly ingress: readonly { readonly ports: readonly { readonly port: string }[] }[]
    readonly egress: readonly { readonly to?: readonly { readonly ipBlock: { readonly cidr: string, readonly except: readonly string[] } }[], readonly ports: readonly { readonly port: number }[] }[]
    readonly template: { readonly spec: PodSpec }
  }
}
interface PodSpec {
  readonly automountServiceAccountToken: boolean
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string, readonly secret?: { readonly secretName: string }, readonly emptyDir?: object }[]
}

/** The chart as it goes to the cluster, each document by its kind. @throws Error with what Helm said */
async function rendered(...args: readonly string[]): Promise<readonly Manifest[]> {
  const { code, text } = await template(...args)
  if (code !== 0) throw new Error(text)
  const documents = await parseYamlFile({ file: 'rendered.yaml', text })
  return documents.map(({ value }) => value as Manifest).filter((value) => value !== null)
}

function only(manifests: readonly Manifest[], kind: string): Manifest {
  const [one, ...more] = manifests.filter((manifest) => manifest.kind === kind)
  if (one === undefined || more.length > 0) throw new Error(`${kind} is not there once`)
  return one
}

const podOf = (manifests: readonly Manifest[]): PodSpec => only(manifests, 'Deployment').spec.template.spec
const kinds = (manifests: readonly Manifest[]): readonly string[] => manifests.map(({ kind }) => kind).toSorted()

describe('the chart', () => {
  it('is without fault in the eyes of helm lint, with each example', async () => {
    for (const name of EXAMPLES) {
      const { code, text } = await helm('lint', '--strict', chart, ...CLUSTER, ...example(name))
      expect({ name, code, text }).toEqual({ name, code: 0, text: expect.stringContaining('0 chart(s) failed') })
      expect(text).not.toMatch(/\[(?:WARNING|ERROR)\]/)
    }
  })

  it('refuses what would not start, in a sentence', async () => {
    const refusals = [
      [[], /tls\.secretName: a gateway is reached over the network and needs a certificate/],
      [['--set', 'tls.secretName=t'], /policies: without policies nothing is allowed/],
      [['--set', 'mode=sidecar'], /agent\.container: a sidecar needs the agent's container/],
      [[...example('gateway'), '--set', 'tlss.secretName=t'], /tlss/],
      [[...example('gateway'), '--set', 'mode=both'], /mode/],
    ] as const
    for (const [args, reason] of refusals) {
      const { code, text } = await template(...args)
      expect(code, `${args.join(' ')}: ${text}`).toBe(1)
      expect(text).toMatch(reason)
    }
  })

  it('is for clusters that have sidecar containers, and says so elsewhere', async () => {
    const { code, text } = await helm('template', 'test', chart, '--kube-version', '1.28.0', ...example('gateway'))
    expect([code, text]).toEqual([1, expect.stringContaining('chart requires kubeVersion: >=1.29.0-0')])
  })

  for (const name of EXAMPLES) {
    it(`makes of the example ${name} a configuration that Postern takes`, async () => {
      const config = (await rendered(...example(name))).find(({ metadata }) => metadata.name === 'test-postern-config')?.data?.['postern.yaml'] ?? ''
      expect(readConfigDocuments('postern.yaml', await parseYamlFile({ file: 'postern.yaml', text: config }))).toMatchObject({ problems: [], warnings: [] })
    })

    it(`makes of the example ${name} pods that restricted pod security takes`, async () => {
      const pod = podOf(await rendered(...example(name)))
      expect(pod.automountServiceAccountToken).toBe(false)
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } })
      for (const { name: container, securityContext } of [...(pod.initContainers ?? []), ...pod.containers]) {
        expect(securityContext, `${container}`).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } })
      }
      const ours = [...(pod.initContainers ?? []), ...pod.containers].find((one) => one.name === 'postern')
      expect(ours?.securityContext).toMatchObject({ readOnlyRootFilesystem: true })
    })
  }
})

describe('the gateway', () => {
  it('is one pod behind a Service of the proxy’s port alone', async () => {
    const all = await rendered(...example('gateway'))
    expect(kinds(all)).toEqual(['ConfigMap', 'ConfigMap', 'Deployment', 'NetworkPolicy', 'PersistentVolumeClaim', 'Service', 'ServiceAccount'])
    expect(only(all, 'Deployment').spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
    expect(only(all, 'Service').spec).toMatchObject({ type: 'ClusterIP', ports: [{ name: 'proxy', port: 8080, targetPort: 'proxy' }] })
    const [container, ...more] = podOf(all).containers
    expect(more).toEqual([])
    expect(container?.ports?.map(({ name, containerPort }) => [name, containerPort])).toEqual([['proxy', 8080], ['operations', 9090]])
  })

  it('mounts each Secret for its own user and group alone, and takes none into the ConfigMaps', async () => {
    const { text } = await template(...example('gateway'))
    const all = await rendered(...example('gateway'))
    const secrets = podOf(all).volumes.flatMap(({ secret }) => secret === undefined ? [] : [secret])
    expect(secrets.map(({ secretName }) => secretName).toSorted()).toEqual(['postern-github', 'postern-issuer', 'postern-operations', 'postern-store', 'postern-tls'])
    // As text: Kubernetes reads it as octal, newer readers of YAML do not.
    expect([...text.matchAll(/secretName: \S+ *defaultMode: (\d+)/g)].map(([, mode]) => mode)).toEqual(secrets.map(() => '0440'))
    expect(all.filter(({ kind }) => kind === 'Secret')).toEqual([])
  })

  it('lets in only who is named, and never reaches cloud metadata', async () => {
    const { spec } = only(await rendered(...example('gateway')), 'NetworkPolicy')
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress'])
    expect(spec.ingress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([['proxy'], ['operations']])
    expect(spec.egress.flatMap(({ to = [] }) => to)).toEqual([{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }])
  })

  it('restarts for a changed configuration, but not for a changed agent', async () => {
    const checksum = async (...args: readonly string[]): Promise<unknown> =>
      /checksum\/config: (\w+)/.exec((await template(...example('gateway'), ...args)).text)?.[1]
    const before = await checksum()
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    expect(await checksum('--set', 'config.agents[0].name=Renamed')).toBe(before)
    expect(await checksum('--set', 'config.audit.mode=relaxed')).not.toBe(before)
  })
})

describe('the authority', () => {
  it('has a Service of its own, and an Ingress for the host that is its issuer’s', async () => {
    const all = await rendered(...example('authority'))
    const service = all.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'test-postern-authority')
    expect(service?.spec).toMatchObject({ type: 'ClusterIP', ports: [{ name: 'authority', port: 8444, targetPort: 'authority' }] })
    expect(only(all, 'Ingress').spec).toMatchObject({
      tls: [{ hosts: ['postern.acme.com'], secretName: 'postern-authority-tls' }],
      rules: [{ host: 'postern.acme.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'test-postern-authority', port: { name: 'authority' } } } }] } }],
    })
    expect(podOf(all).containers[0]?.ports?.map(({ name, containerPort }) => [name, containerPort])).toContainEqual(['authority', 8444])
  })

  it('is nowhere unless it is configured', async () => {
    for (const name of ['gateway', 'sidecar']) expect(JSON.stringify(await rendered(...example(name)))).not.toContain('-authority')
  })

  it('is refused beside an agent, and behind an Ingress that it does not believe', async () => {
    const beside = await template(...example('sidecar'), '--set', 'config.authority.url=https://postern.acme.com')
    expect([beside.code, beside.text]).toEqual([1, expect.stringContaining('belong into a gateway')])
    const unbelieving = await template(...example('authority'), '--set', 'config.authority.behind_proxy=false')
    expect([unbelieving.code, unbelieving.text]).toEqual([1, expect.stringContaining('config.authority.behind_proxy: true is needed')])
  })
})

describe('the sidecar', () => {
  it('starts before the agent, and ends after it', async () => {
    const { initContainers, containers } = podOf(await rendered(...example('sidecar')))
    expect(initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([['postern', 'Always']])
    expect(containers.map(({ name }) => name)).toEqual(['agent'])
  })

  it('shows the agent the trust bundle and its proxy, and no secret', async () => {
    const { containers: [agent], volumes } = podOf(await rendered(...example('sidecar')))
    expect(agent?.volumeMounts.map(({ mountPath, readOnly }) => [mountPath, readOnly])).toEqual([['/run/postern', true]])
    expect(volumes.find(({ name }) => name === agent?.volumeMounts[0]?.name)).toHaveProperty('emptyDir')
    const env = new Map(agent?.env?.map(({ name, value }) => [name, value]))
    expect(env.get('HTTPS_PROXY')).toBe('http://127.0.0.1:8080')
    for (const name of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO']) expect(env.get(name), `${name}`).toBe('/run/postern/bundle.pem')
  })

  it('has no Service and, where nothing is to be kept, no claim', async () => {
    const all = await rendered(...example('sidecar'))
    expect(kinds(all)).toEqual(['ConfigMap', 'Deployment', 'ServiceAccount'])
  })
})
