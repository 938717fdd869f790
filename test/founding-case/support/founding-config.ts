import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { root } from '../../house/source-tree.ts'

/** The policies under which the four agents run. */
export const FOUNDING_POLICIES = join(root, 'test', 'founding-case', 'policies')

/** The key by which the pipeline proves itself. */
export interface PipelineKey {
  readonly privateKey: KeyObject
  /** The configuration's text with the pipeline among its agents. */
  withPipeline(text: string): string
}

export function pipelineKey(): PipelineKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const agent = `  - { id: "agent:ci-pipeline", name: CI Pipeline, owner: team-build, public_key: ${JSON.stringify(pem)} }\n`
  return {
    privateKey,
    withPipeline: (text) => {
      const at = text.indexOf('integrations:\n')
      if (at === -1) throw new Error('the configuration has no integrations')
      return `${text.slice(0, at)}${agent}${text.slice(at)}`
    },
  }
}
