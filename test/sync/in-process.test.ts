import { expect, it } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import type { AgentRecord, ApprovalDesk, Directory, PersonLinks } from '../../src/sync/contract.ts'
import { inProcessSync } from '../../src/sync/in-process.ts'
import { granted, never, order, world } from '../issuance/fixture.ts'

it('lets both planes meet in one process: look-ups, questions, links, credentials, rejections and ends go straight through', async () => {
  const { authority, revocations, upstream } = world()
  const agent: AgentRecord = { id: 'agent:pr-reviewer' as never, name: 'PR Reviewer', owner: undefined, status: 'active' }
  const nothing = (): undefined => undefined
  const directory: Directory = {
    agent: () => agent, agentBySpiffeId: nothing, agentBySubject: nothing, agentByServiceAccount: nothing, delegation: nothing, session: nothing,
  }
  const id = newId('apr')
  const approvals: ApprovalDesk = { approved: () => id, ask: () => Promise.resolve('https://postern.acme.com/approvals/x') }
  const links: PersonLinks = { consent: nothing, connect: () => 'https://postern.acme.com/connect/github' }
  const sync = inProcessSync({ directory, revocations, credentials: authority, approvals, links })
  expect(sync.directory.agent(agent.id)).toBe(agent)
  expect([sync.revocations, sync.approvals, sync.links]).toEqual([revocations, approvals, links])

  const ended: string[] = []
  const stop = sync.onCredentialEnded((credential) => ended.push(credential))
  const first = await granted(sync.credential(order(), never))
  sync.credentialRejected(first.id)
  expect(ended).toEqual([first.id])
  stop()
  const second = await granted(sync.credential(order(), never))
  sync.credentialRejected(second.id)
  expect(ended).toEqual([first.id])
  expect(upstream.issues).toBe(2)
})
