import { z } from 'zod'
import { oauthSchema } from './authority.ts'
import { connectSchema, upstreamConnectSchema } from './connect.ts'
import { flag, originText, secretReference } from './values.ts'

/** What every integration has. */
const common = {
  connect: upstreamConnectSchema.prefault({}),
  unsafe_allow_plaintext: flag,
}

const api = (origin: string): z.ZodPrefault<typeof originText> => originText.prefault(origin)

const github = z.strictObject({
  type: z.literal('github'),
  origin: api('https://api.github.com'),
  uploads_origin: originText.optional(),
  git_origin: originText.optional(),
  app: z.strictObject({
    id: z.union([z.int().min(1).transform(String), z.string().min(1).max(128).regex(/^[A-Za-z0-9._-]+$/)]).describe('the App’s id or client id'),
    private_key: secretReference,
    installation: z.int().min(1).optional().describe('the number of the installation'),
  }),
  oauth: z.strictObject({
    client_id: z.string().min(1).max(128).regex(/^[\x21-\x7e]+$/),
    client_secret: secretReference,
    site: api('https://github.com'),
    app_slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/).optional().describe('the App’s name in its address'),
    site_connect: connectSchema.optional(),
  }).optional(),
  ...common,
})

/** As people write it in rules and calls; Slack's own names are lower case. */
const channelName = z.string().regex(/^#[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u).describe('a channel’s name such as `#engineering`, in lower case')

const slack = z.strictObject({
  type: z.literal('slack'),
  origin: api('https://slack.com'),
  uploads_origin: api('https://files.slack.com'),
  client_id: z.string().min(1).max(128).regex(/^[\x21-\x7e]+$/),
  client_secret: secretReference,
  tokens: z.strictObject({ access: secretReference.optional(), refresh: secretReference.optional() }).prefault({}),
  user_scopes: z.array(z.string().min(1).max(64).regex(/^[a-z.:_-]+$/)).min(1).max(64).optional(),
  channels: z.record(channelName, z.string().regex(/^[CG][A-Z0-9]{2,31}$/).describe('a channel’s id such as `C0123456789`')).prefault({}),
  ...common,
})

const placement = z.discriminatedUnion('in', [
  z.strictObject({ in: z.literal('header'), name: z.string().default('Authorization'), value: z.string().default('Bearer {credential}') }),
  z.strictObject({ in: z.literal('basic'), username: z.string().max(256) }),
  z.strictObject({ in: z.literal('query'), name: z.string() }),
  z.strictObject({ in: z.literal('path'), prefix: z.string() }),
])

const credential = z.union([
  z.literal('none'),
  z.strictObject({ secret: secretReference, placement: placement.prefault({ in: 'header' }) }),
  z.strictObject({ oauth: oauthSchema, placement: placement.prefault({ in: 'header' }) }),
]).describe('a mapping with `secret` or `oauth`, or `none` for an upstream that takes no credential')

const names = z.array(z.string().min(1).max(256)).max(64)

const route = z.strictObject({
  route: z.string().max(1024).describe('a method and a path such as `POST /v1/tickets/{id}/comments`'),
  access: z.enum(['read', 'write', 'admin']),
  scopes: z.union([names, z.array(names.min(1)).min(1).max(16)]).describe('a list of scopes, or a list of such lists of which any suffices'),
  targets: names.default([]),
  opaque: names.default([]),
})

const routes = z.strictObject({
  type: z.literal('routes'),
  origin: originText,
  more_origins: z.array(originText).max(64).default([]),
  credential,
  credential_fields: names.optional(),
  exact_scopes: flag,
  fold_target_case: flag,
  routes: z.array(route).min(1).max(2000),
  ...common,
})

const mcp = z.strictObject({
  type: z.literal('mcp'),
  origin: originText,
  credential,
  tools: z.array(z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9_.:/*-]{1,128}$/).describe('the name of a tool; `*` stands for any run of characters'),
    access: z.enum(['read', 'write', 'admin']),
  })).max(1000).default([]),
  ...common,
})

const integrationName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/).describe('a name of lower-case letters, digits, `_` and `-`')

/** `integrations`: the upstreams, by name. */
export const integrationsSchema = z.record(integrationName, z.discriminatedUnion('type', [github, slack, mcp, routes]))
  .refine((integrations) => Object.keys(integrations).length > 0, {
    error: 'there is no integration', params: { expected: 'at least one integration' },
  })
