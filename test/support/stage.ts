import { TestAgent } from './agent-client.ts'
import { policiesWith } from './policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld, type PosternWorldOptions, type TokenWish } from './postern-world.ts'
import { RECORDER_CONSENT, startRecorder, type Recorder, type RecorderOptions } from './recorder.ts'

/** The whole product with a recorder among its upstreams, and the agent that may use it. */
export interface Stage {
  readonly recorder: Recorder
  readonly world: PosternWorld
  /** agent:pr-reviewer for Alice, who approved all of it. */
  readonly agent: TestAgent
  agentWith(wish?: TokenWish): Promise<TestAgent>
  /** Requests that reached any upstream so far. */
  reached(): number
  close(): Promise<void>
}

export interface StageOptions extends Pick<PosternWorldOptions, 'resolve' | 'auditMode' | 'auditIo'> {
  readonly recorder?: RecorderOptions
  readonly config?: PosternWorldOptions['config']
  /** Files over or beside the product's policies and the recorder's. */
  readonly policies?: Readonly<Record<string, string>>
}

export const STAGE_CONSENT = [...WIDE_CONSENT, RECORDER_CONSENT]

export async function startStage({ recorder: recorderOptions, config, policies, ...options }: StageOptions = {}): Promise<Stage> {
  const recorder = await startRecorder(recorderOptions)
  const world = await startPosternWorld({
    ...options,
    config: (text, upstreams) => config?.(recorder.config(text), upstreams) ?? recorder.config(text),
    policies: policiesWith({ ...recorder.policies, ...policies }),
  })
  const agents: TestAgent[] = []
  const agentWith = async (wish: TokenWish = {}): Promise<TestAgent> => {
    const agent = new TestAgent(world, await world.token({ consent: STAGE_CONSENT, ...wish }))
    agents.push(agent)
    return agent
  }
  return {
    recorder,
    world,
    agent: await agentWith(),
    agentWith,
    reached: () => recorder.requests.length + world.upstreams.github.log.total + world.upstreams.slack.log.total + world.upstreams.tickets.log.total,
    close: async () => {
      for (const agent of agents) agent.close()
      await world.close()
      await recorder.close()
    },
  }
}
