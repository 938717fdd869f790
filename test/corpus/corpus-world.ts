import { connect as connectSocket } from 'node:net'
import { agentRules } from '../support/policies.ts'
import { RECORDER_HOST } from '../support/recorder.ts'
import { STAGE_CONSENT, startStage, type Stage } from '../support/stage.ts'
import { Wire } from '../support/wire.ts'
import type { Door, Site } from './corpus-case.ts'

/** The whole product, in which bytes of any kind may be sent through any door. */
export interface CorpusWorld {
  readonly stage: Stage
  readonly token: string
  siteOf(door: Door, id: string): Site
  /** A connection behind this door, on which a request may be written. */
  open(door: Door): Promise<Wire>
  close(): Promise<void>
}

/** Bounds as short as the corpus needs, so that nothing is waited for. */
const LIMITS = 'limits: { headers: 16KiB, uri: 2KiB, header_count: 100, header_timeout: 4s, first_byte_timeout: 2s, handshake_timeout: 2s, '

export async function startCorpusWorld(): Promise<CorpusWorld> {
  const stage = await startStage({
    auditMode: 'relaxed',
    recorder: { settings: ['credential_fields: [access_token, token, api_key, key, oauth_token, bearer_token, private_token]'] },
    config: (text) => text.replace('limits: { ', LIMITS),
    policies: { 'corpus.yaml': agentRules('agent:pr-reviewer', '{ id: corpus, allow: { integration: recorder } }') },
  })
  const token = await stage.world.token({ consent: STAGE_CONSENT })
  const agent = await stage.agentWith()
  const raw = (): Promise<Wire> => new Promise((resolve, reject) => {
    // Half-open, so that a client may say that it is done and still read.
    const socket = connectSocket({ port: stage.world.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => resolve(new Wire(socket, () => undefined)))
  })
  return {
    stage,
    token,
    siteOf: (door, id) => siteOf(door, id, token),
    open: (door) => (door === 'tunnel' ? agent.tunnel(RECORDER_HOST) : raw()),
    close: () => stage.close(),
  }
}

function siteOf(door: Door, id: string, token: string): Site {
  const path = `/v1/${id}`
  switch (door) {
    case 'reverse':
      return { door, id, path, host: 'localhost', proof: [`Authorization: Bearer ${token}`], target: (wanted) => `/recorder${wanted}` }
    case 'absolute':
      return { door, id, path, host: RECORDER_HOST, proof: [`Proxy-Authorization: Bearer ${token}`], target: (wanted) => `https://${RECORDER_HOST}${wanted}` }
    case 'tunnel':
      return { door, id, path, host: RECORDER_HOST, proof: [], target: (wanted) => wanted }
  }
}
