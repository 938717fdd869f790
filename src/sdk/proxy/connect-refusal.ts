import type { IncomingMessage } from 'node:http'
import { UnavailableError } from '../errors/refusals.ts'
import type { PosternError } from '../errors/postern-error.ts'
import { refusalInProxyStatus } from '../errors/proxy-status.ts'
import { refusalInBody } from '../errors/refusal-body.ts'
import { retryAfterOf } from '../errors/retry-after.ts'
import { toldError } from '../errors/told-error.ts'
import { parsed } from '../oauth/json-answer.ts'

const MAX_BYTES = 65_536

/** Why the proxy opened no tunnel: its body says more than `Proxy-Status`, where it arrives. */
export async function connectRefusal(response: IncomingMessage, head: Buffer, authorityUrl: string | undefined): Promise<PosternError> {
  const { statusCode: status = 0, headers } = response
  const told = refusalInBody(parsed(await bodyText(response, head))) ?? refusalInProxyStatus(one(headers['proxy-status']))
  const retryAfterMs = retryAfterOf(headers['retry-after'], undefined)
  if (told !== undefined) return toldError({ ...told, status, retryAfterMs }, authorityUrl === undefined ? {} : { authorityUrl })
  return new UnavailableError({ code: 'answer_malformed', message: `The proxy opens no tunnel: it answers ${status}, and not as Postern does.`, status, retryAfterMs })
}

/** Node hands over the socket of a CONNECT, whatever the answer: what follows the head is read here. */
async function bodyText({ headers, socket }: IncomingMessage, head: Buffer): Promise<string> {
  const length = Number(headers['content-length'] ?? 0)
  if (!(length > 0 && length <= MAX_BYTES)) return ''
  let body = head
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      body = Buffer.concat([body, chunk])
      if (body.length >= length) break
    }
  } catch {
    // What arrived is read.
  }
  return body.subarray(0, length).toString('utf8')
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}
