import { z } from 'zod'
import { agentsSchema, revokedSchema } from './agents.ts'
import { authoritySchema, redisSchema } from './authority.ts'
import { identitySchema } from './identity.ts'
import { integrationsSchema } from './integrations.ts'
import { listenerSchema } from './listener.ts'
import { count, dnsName, durationText, fileReference, flag, listenAddressText, pathText, secretReference, sizeText } from './values.ts'

const ca = z.strictObject({
  directory: pathText.default('./state/ca'),
  hosts: z.array(dnsName).max(1000).default([]),
  bundle: pathText.default('./state/ca/bundle.pem'),
})

const operations = z.strictObject({
  address: listenAddressText.default('127.0.0.1:9090'),
  token: secretReference.optional(),
  unsafe_unauthenticated: flag,
})

const store = z.strictObject({
  file: pathText.optional(),
  redis: redisSchema.optional(),
  key: secretReference,
  previous_keys: z.array(secretReference).max(16).default([]),
})

const audit = z.strictObject({
  mode: z.enum(['strict', 'relaxed']).default('strict'),
  file: pathText.default('./state/audit.jsonl'),
  stdout: flag,
  signing_key: fileReference.prefault({ file: './state/audit-key.pem' }),
  checkpoint_every: durationText.default(10_000),
  checkpoint_records: count.default(1000),
  segment: sizeText.default(268_435_456),
})

const log = z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') })

/** The whole of `config/postern.yaml`; durations are milliseconds and sizes bytes behind it, the keys stay as written. */
export const ConfigSchema = z.strictObject({
  listener: listenerSchema.prefault({}),
  ca: ca.prefault({}),
  operations: operations.optional(),
  identity: identitySchema.prefault({}),
  authority: authoritySchema.optional(),
  agents: agentsSchema,
  revoked: revokedSchema.prefault({}),
  integrations: integrationsSchema,
  policies: pathText.default('./policies'),
  store,
  audit: audit.prefault({}),
  log: log.prefault({}),
})

/** What stands in the file, checked and with its defaults; references are not resolved. */
export type ConfigText = z.output<typeof ConfigSchema>
export type IntegrationText = ConfigText['integrations'][string]
export type ConnectText = IntegrationText['connect']
export type SecretReference = z.output<typeof secretReference>
