import { z } from 'zod'
import { parseDuration } from '../lib/duration.ts'
import { parseSize } from '../lib/size.ts'
import { parseAgentId, parsePersonId } from '../model/ids.ts'
import { isGlob } from './globs.ts'
import { compileRoute } from './routes.ts'

const FORM = 'the text is not of the form accepted here'

/** One text, or a list of which any suffices. */
function oneOrMore<T extends z.ZodType<string>>(item: T) {
  return z.union([item, z.array(item).min(1).max(200)]).transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))
}

const Name = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/)
const GlobText = z.string().refine(isGlob, FORM).describe('a text of 1 to 256 characters; `*` is any run within a segment, `**` any run')
const RuleId = Name.describe('lower-case letters, digits, `.`, `_` and `-`; at most 63')
const AgentText = z.string().refine((text) => parseAgentId(text) !== undefined, FORM).describe('`agent:` and a name in lower case')
const RouteText = z.string().refine((text) => compileRoute(text) !== undefined, FORM)
  .describe('a method and a path such as `POST /v1/tickets/{id}/comments`; `{name}` is one segment, `**` any rest')
const DurationText = z.string().refine((text) => (parseDuration(text) ?? 0) > 0, FORM).describe('a duration such as `30s`, `10m` or `8h`')
const Because = z.string().min(1).max(300).regex(/^[^\p{Cc}]*$/u).describe('one line of at most 300 characters')

export const MatchSchema = z.strictObject({
  integration: oneOrMore(Name).optional().describe('the name of an integration as configured, or a list of them'),
  scopes: z.union([z.string().min(1).transform((scope) => [scope]), z.array(z.string().min(1)).max(200)]).optional()
    .describe('a list of scopes in the upstream\'s words, such as `pulls:read`'),
  access: z.union([z.enum(['read', 'write', 'admin']).transform((access) => [access]), z.array(z.enum(['read', 'write', 'admin'])).min(1)])
    .optional().describe('`read`, `write`, `admin`, or a list of them'),
  operation: oneOrMore(GlobText).optional().describe('the name or glob of an operation, or a list of them'),
  route: oneOrMore(RouteText).optional().describe('a method and a path such as `POST /v1/tickets/{id}/comments`, or a list of them'),
  target: oneOrMore(GlobText).optional().describe('the name or glob of a target such as `acme-corp/*`, or a list of them'),
  agent: oneOrMore(GlobText).optional().describe('the id or glob of an agent such as `agent:ci-*`, or a list of them'),
  person: oneOrMore(GlobText).optional().describe('the id or glob of a person such as `user:*@acme.com`, or a list of them'),
  group: oneOrMore(GlobText).optional().describe('the name or glob of a group of the person\'s, or a list of them'),
  without_person: z.boolean().optional().describe('true: only calls that the agent makes for itself; false: only calls for a person'),
  when: z.string().min(1).max(2000).optional().describe('a CEL expression of at most 2000 characters'),
})

const LimitsSchema = z.strictObject({
  requests: z.string().regex(/^[1-9][0-9]{0,8}\/(?:s|m|h|d)$/).optional().describe('a number of requests a time, such as `60/m`'),
  body: z.string().refine((text) => parseSize(text) !== undefined, FORM).optional().describe('the largest body of a request, such as `64KiB` or `1MiB`'),
}).refine((limits) => Object.keys(limits).length > 0, { error: 'there is no limit', params: { expected: '`requests` or `body`' } })

export const RuleSchema = z.strictObject({
  id: RuleId,
  allow: MatchSchema.optional(),
  deny: MatchSchema.optional(),
  ask: MatchSchema.optional(),
  because: Because.optional(),
  expires_in: DurationText.optional(),
  delegation_expires_in: DurationText.optional(),
  limits: LimitsSchema.optional(),
  authority: z.enum(['organisation']).optional().describe('`organisation`, on an allow rule of an org policy'),
  delivery: z.enum(['released']).optional().describe('`released`, on an allow rule of an org policy'),
}).superRefine((rule, context) => {
  const effects = (['allow', 'deny', 'ask'] as const).filter((effect) => rule[effect] !== undefined, FORM)
  if (effects.length !== 1) {
    const message = effects.length === 0 ? 'the rule has no effect' : 'the rule has several effects'
    context.addIssue({ code: 'custom', message, params: { expected: 'exactly one of `allow`, `deny`, `ask`' } })
  }
  if (rule.deny === undefined) return
  for (const key of ['expires_in', 'delegation_expires_in', 'limits', 'authority', 'delivery'] as const) {
    if (rule[key] === undefined) continue
    context.addIssue({ code: 'custom', path: [key], message: `\`${key}\` has no meaning on a deny rule`, params: { expected: 'the key on an allow rule' } })
  }
})

const ConsentSchema = z.strictObject({
  integration: Name, scopes: z.array(z.string().min(1)), targets: z.array(GlobText).default([]),
})

export const EXPECTATIONS = [
  'allow', 'deny', 'ask', 'deny by org', 'deny by consent', 'deny by agent', 'ask by org', 'ask by agent',
] as const

export const TestSchema = z.strictObject({
  request: z.string().max(4096).regex(/^[A-Z]{3,10} https?:\/\/\S+$/).describe('a method and an absolute URL such as `GET https://api.github.com/zen`'),
  body: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()), z.string()]).optional(),
  content_type: z.enum(['application/json', 'application/x-www-form-urlencoded']).default('application/json'),
  agent: AgentText.optional(),
  person: z.string().refine((text) => parsePersonId(text) !== undefined, FORM).optional().describe('`user:` and a name'),
  groups: z.array(z.string().min(1).max(256)).max(200).optional().describe('the groups of the person; none where it is left out'),
  without_person: z.literal(true).optional(),
  consent: z.array(ConsentSchema).optional(),
  at: z.iso.datetime().optional().describe('a time such as `2026-11-21T09:30:00Z`'),
  expect: z.enum(EXPECTATIONS),
  rule: z.string().optional().describe('the id of the deciding rule, such as `org/production-is-read-only`'),
})

const OrgSchema = z.strictObject({
  policy: z.literal('org'),
  default: z.enum(['allow', 'deny']).describe('`allow` or `deny`; an org policy says which'),
  rules: z.array(RuleSchema).max(2000).default([]),
  tests: z.array(TestSchema).max(2000).default([]),
})

const AgentSchema = z.strictObject({
  policy: z.literal('agent'),
  agent: AgentText,
  default: z.literal('deny').optional().describe('`deny`, or nothing: an agent has only what a rule allows'),
  rules: z.array(RuleSchema).max(2000).default([]),
  tests: z.array(TestSchema).max(2000).default([]),
})

/** One document of a policy file. */
export const PolicySchema = z.discriminatedUnion('policy', [OrgSchema, AgentSchema])

export type PolicyText = z.output<typeof PolicySchema>
export type RuleText = z.output<typeof RuleSchema>
export type MatchText = z.output<typeof MatchSchema>
export type TestText = z.output<typeof TestSchema>
export type Expectation = (typeof EXPECTATIONS)[number]
