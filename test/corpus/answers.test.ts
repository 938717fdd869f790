import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mapBounded } from '../../src/lib/map-bounded.ts'
import { STAGE_CONSENT, startStage, type Stage } from '../support/stage.ts'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import type { Answer } from '../support/wire.ts'
import type { AnswerRow, Verdict } from './answer-case.ts'
import { Answering } from './answering.ts'
import { ANSWERS, LATE } from './answers.ts'

const AT_ONCE = 16
const answering = new Answering()
let stage: Stage
let agent: TestAgent
let proof: string
beforeAll(async () => {
  stage = await startStage({ auditMode: 'relaxed' })
  stage.recorder.respond = (socket, { target }) => answering.respond(socket, target)
  const token = await stage.world.token({ consent: STAGE_CONSENT })
  agent = new TestAgent(stage.world, token)
  proof = `Authorization: Bearer ${token}`
})
afterAll(async () => {
  agent.close()
  await stage.close()
})

describe('the answers corpus: refused, or seen to be broken off, or exactly what the upstream said', () => {
  let next = 0
  for (const { family, rows } of ANSWERS) {
    const named = rows.map((row) => ({ row, id: `r${next++}` }))
    it(`${family}: ${rows.length} answers`, async () => {
      const problems: string[] = []
      await mapBounded(named, family === LATE ? 1 : AT_ONCE, async ({ row, id }) => {
        const answer = await ask(row, id)
        if (family === LATE) await answering.closed(id)
        const problem = problemOf(row, id, answer) ?? (await followUp(row, id))
        if (problem !== undefined) problems.push(`${row.name}: ${problem}`)
      })
      expect(problems).toEqual([])
    })
  }

  it('has two hundred and more', () => expect(next).toBeGreaterThan(200))

  it('had none of them take another’s place', () => {
    expect(Buffer.concat(agent.seen).toString('latin1')).not.toMatch(/poison|HTTP\/1\.1 1(?!00)[0-9]{2} Interim/)
  })
})

async function ask({ method }: AnswerRow, id: string): Promise<Answer> {
  return agent.raw(requestBytes(method, `/recorder/v1/${id}`, 'localhost', { fields: [proof], ...(method === 'POST' && { body: '{}' }) }))
}

function problemOf({ verdicts, status, body }: AnswerRow, id: string, answer: Answer): string | undefined {
  const verdict: Verdict = answer.code === 'upstream_broken' ? 'refused' : answer.whole ? 'whole' : 'cut'
  if (!verdicts.includes(verdict) && !(answer.status === 502 && verdicts.includes('refused'))) return `is ${verdict} (${answer.status} ${answer.body.slice(0, 60)}), must be ${verdicts.join(' or ')}`
  if (verdict !== 'whole' || answer.status === 502) return undefined
  return answer.status === status && answer.body === body(id) ? undefined : `${answer.status} ${answer.body.slice(0, 60)}, must be ${status} ${body(id)}`
}

/** The next request gets its own answer, and not on a connection on which anything was odd. */
async function followUp({ kept }: AnswerRow, id: string): Promise<string | undefined> {
  const answer = await agent.raw(requestBytes('GET', `/recorder/v1/after-${id}`, 'localhost', { fields: [proof] }))
  if (answer.status !== 200 || answer.body !== `after-${id}`) return `the next request is answered ${answer.status} ${answer.body.slice(0, 60)}`
  const reused = answering.after(id)
  return kept || reused.length === 0 ? undefined : `its connection carried ${reused.join(', ')} afterwards`
}
