import { parsed, readText } from '../oauth/json-answer.ts'
import type { PosternError } from './postern-error.ts'
import { refusalInProxyStatus } from './proxy-status.ts'
import { refusalInBody, type ToldRefusal } from './refusal-body.ts'
import { retryAfterOf } from './retry-after.ts'
import { toldError, type ReadOptions } from './told-error.ts'

const MAX_BYTES = 65_536
const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json\b/i

/**
 * Reads an answer that came through the proxy: Postern's refusal in whichever form it stands, or nothing. The answer can still be read
 * afterwards, unless it was read before. Slack's refusals have status 200; ask of every answer there.
 * @returns undefined for what the upstream itself answered
 */
export async function fromResponse(response: Response, options: ReadOptions = {}): Promise<PosternError | undefined> {
  const told = await inBody(response) ?? refusalInProxyStatus(response.headers.get('proxy-status'))
  if (told === undefined) return undefined
  return toldError({ ...told, status: response.status, retryAfterMs: retryAfterOf(response.headers.get('retry-after'), undefined) }, options)
}

async function inBody(response: Response): Promise<ToldRefusal | undefined> {
  if (response.bodyUsed || response.body === null || !JSON_TYPE.test(response.headers.get('content-type') ?? '')) return undefined
  try {
    return refusalInBody(parsed(await readText(response.clone(), MAX_BYTES)))
  } catch {
    // Longer than any refusal of ours, or broken off: what reads the answer itself finds out.
    return undefined
  }
}
