import { z } from 'zod'
import { connectSchema } from './connect.ts'
import { durationText, fetchedUrlText, pathText } from './values.ts'

const DAY_MS = 86_400_000

const identifier = z.string().min(1).max(512).regex(/^[\x21-\x7e]+$/)

const jwks = z.union([
  z.strictObject({ file: pathText }),
  z.strictObject({ url: fetchedUrlText, connect: connectSchema.optional() }),
]).describe('`{ file: PATH }` or `{ url: https://… }`')

const issuer = {
  issuer: identifier.describe('the `iss` of its tokens, byte for byte'),
  audience: identifier.describe('what has to be among the `aud` of its tokens'),
  jwks,
  max_lifetime: durationText.default(DAY_MS),
}

/** `identity`: whose tokens tell who an agent is and for whom it acts. */
export const identitySchema = z.strictObject({
  delegation_tokens: z.strictObject({ ...issuer, claims: z.enum(['postern', 'rfc8693']).default('postern') }).optional(),
  service_accounts: z.strictObject(issuer).optional(),
})
