import { expect, it } from 'vitest'
import type { AgentRecord } from '../../src/sync/contract.ts'
import { inProcessSync } from '../../src/sync/in-process.ts'
import { granted, never, order, world } from '../issuance/fixture.ts'

it('lets both planes meet in one process: look-ups, credentials, rejections and ends go straight through', async () => {
  const { authority, revocations, upstream } = world()
  const agent: AgentRecord = { id: 'agent:pr-reviewer' as never, name: 'PR Reviewer', owner: undefined, status: 'active' }
  const directory = { agent: () => agent, agentBySpiffeId: () => undefined, agentBySubject: () => undefined, agentByServiceAccount: () => undefined }
  const sync = inProcessSync({ directory, revocations, credentials: authority })
  expect(sync.directory.agent(agent.id)).toBe(agent)
  expect(sync.revocations).toBe(revocations)

  const ended: string[] = []
  const stop = sync.onCredentialEnded((id) => ended.push(id))
  const first = await granted(sync.credential(order(), never))
  sync.credentialRejected(first.id)
  expect(ended).toEqual([first.id])
  stop()
  const second = await granted(sync.credential(order(), never))
  sync.credentialRejected(second.id)
  expect(ended).toEqual([first.id])
  expect(upstream.issues).toBe(2)
})
