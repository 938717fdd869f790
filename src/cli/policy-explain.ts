import { createReadStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { Command, InvalidArgumentError } from 'commander'
import { MAX_INSPECTED_BYTES } from '../http/body-parse.ts'
import { IntegrationIndex } from '../integrations/integration-index.ts'
import { requestReading } from '../integrations/request-reading.ts'
import { sentenceOf } from '../lib/system-error.ts'
import { CODES } from '../model/codes.ts'
import { LAYERS } from '../model/decision.ts'
import type { AgentId, PersonId } from '../model/ids.ts'
import type { Operation } from '../model/operation.ts'
import { explain, type ExplainedConsent, type Explanation } from '../policy/explain.ts'
import type { LoadedPolicies } from '../policy/load.ts'
import type { WrittenRequest } from '../policy/test-request.ts'
import { agentArgument, personArgument } from './api/id-argument.ts'
import type { PolicyCommandDeps, PolicySetup, PolicyWork } from './policy-setup.ts'

interface Options {
  readonly config?: string
  readonly agent: AgentId
  readonly request: string
  readonly body?: string
  readonly contentType: WrittenRequest['content_type']
  readonly person?: PersonId
  readonly group: readonly string[]
}

/** EX_NOINPUT of sysexits.h: the body's file cannot be used. */
const EXIT_NO_INPUT = 66

/** `postern policy explain`: what would become of a request, and why, in all three layers. Exit 0 where it is allowed, 1 where it is not. */
export function explainCommand(deps: PolicyCommandDeps, run: (directory: string | undefined, config: string | undefined, work: PolicyWork) => Promise<void>): Command {
  return new Command('explain')
    .description('tell what would become of a request, and why')
    .argument('[directory]', 'the policy directory (default: that of the configuration)')
    .requiredOption('--agent <id>', 'the agent, such as agent:pr-reviewer', agentArgument)
    .requiredOption('--request <text>', 'a method and an absolute URL, such as "GET https://api.github.com/zen"')
    .option('--body <file>', 'a JSON file with the body')
    .option('--content-type <type>', 'what the body is sent as: application/json, or application/x-www-form-urlencoded', contentType, 'application/json')
    .option('--person <id>', 'for whom; taken to have approved all that is asked (default: the agent acts for itself)', personArgument)
    .option('--group <name>', 'a group of the person’s; may stand several times', (name: string, others: readonly string[]) => [...others, name], [])
    .option('-c, --config <file>', 'the configuration file')
    .action(async (directory: string | undefined, options: Options) => {
      const body = options.body === undefined ? undefined : await readBody(options.body)
      if (body !== undefined && 'problem' in body) {
        deps.printError(`${options.body}: ${body.problem}`)
        return deps.setExitCode(EXIT_NO_INPUT)
      }
      await run(directory, options.config, (_deps, policies, setup) => tell(deps, answer(options, body?.value, policies, setup, deps.clock.nowMs())))
    })
}

function answer({ agent, request, contentType: content_type, person, group: groups }: Options, body: WrittenRequest['body'], { snapshot }: LoadedPolicies, setup: PolicySetup, nowMs: number): Explanation {
  const consent: ExplainedConsent = person === undefined ? { kind: 'none' } : { kind: 'assumed', person, personName: undefined, groups }
  const reading = requestReading(new IntegrationIndex(setup.integrations.values()))
  return explain(snapshot, reading, { agent, agentName: agent.slice('agent:'.length), written: { request, body, content_type }, consent, nowMs })
}

function tell({ print }: PolicyCommandDeps, told: Explanation): number {
  if (!told.matched) {
    const { denial, detail } = told.refused
    print(`refused before any rule is asked: ${denial}: ${CODES[denial].title} (${detail})`)
    return 1
  }
  const { decision, operation, sentence, limits } = told
  print(sentence)
  print(operationLine(operation))
  for (const layer of LAYERS) {
    const { effect, reason, rule } = decision.layers[layer]
    print(`  ${layer.padEnd(17)} ${effect.padEnd(14)} ${reason}${rule === undefined ? '' : ` [${rule.id} at ${rule.file}:${rule.line}]`}`)
  }
  if (decision.effect !== 'deny') {
    const bounds = [
      decision.expiresInMs === undefined ? [] : [`for ${decision.expiresInMs / 1000} s at most`],
      limits.map(({ requests, perMs, rule }) => `${requests} requests in ${perMs / 1000} s by ${rule}`),
    ].flat()
    print(`  credential: ${decision.scopes.join(' ') || 'no scope'}, by the ${decision.authority}’s authority${bounds.map((bound) => `, ${bound}`).join('')}`)
  }
  print(decision.policyHash)
  return decision.effect === 'allow' ? 0 : 1
}

function operationLine({ integration, name, access, alternatives, targets }: Operation): string {
  const needs = alternatives.map((scopes) => scopes.join(' ') || 'no scope').join(', or ')
  const on = targets.kind === 'named' ? targets.names.join(', ') : targets.kind === 'none' ? 'no target' : `a target that cannot be told: ${targets.reason}`
  return `${name} of ${integration}: ${access}, needs ${needs || 'scopes that are not known'}, on ${on}`
}

type Body = { readonly value: WrittenRequest['body'] } | { readonly problem: string }

/** Bounded, whatever the file is. */
async function readBody(file: string): Promise<Body> {
  try {
    // One byte more than is taken: a device or a pipe tells no size.
    const bytes = await buffer(createReadStream(file, { end: MAX_INSPECTED_BYTES }))
    if (bytes.length > MAX_INSPECTED_BYTES) return { problem: `a body has at most ${MAX_INSPECTED_BYTES} bytes` }
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'string' || Array.isArray(value)) return { value }
    return typeof value === 'object' && value !== null ? { value: { ...value } } : { problem: 'it is no JSON object, list or text' }
  } catch (error) {
    return { problem: error instanceof SyntaxError ? 'it is no JSON' : sentenceOf(error) }
  }
}

function contentType(text: string): WrittenRequest['content_type'] {
  if (text === 'application/json' || text === 'application/x-www-form-urlencoded') return text
  throw new InvalidArgumentError('It is application/json or application/x-www-form-urlencoded.')
}
