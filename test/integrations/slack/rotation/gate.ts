import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'

/** Where in a refresh a process is killed. */
export type Phase = 'before Slack' | 'before the answer' | 'after the answer'

/** One refresh as Slack saw it. */
export interface SeenRefresh {
  readonly child: string
  readonly used: string
  /** Undefined where Slack refused. */
  readonly successor: string | undefined
}

/** Stands between the children and Slack, so that a process can be killed at an exact point of a refresh. */
export interface Gate {
  readonly port: number
  readonly refreshes: readonly SeenRefresh[]
  /** Calls `kill` at this phase of the next refresh, with the child that makes it; what was held back is then dropped. */
  strikeAt(phase: Phase, kill: (child: string) => void): void
  close(): void
}

export async function startGate(slack: { readonly url: string; readonly ca: string }): Promise<Gate> {
  const refreshes: SeenRefresh[] = []
  let strike: { readonly phase: Phase; readonly kill: (child: string) => void } | undefined
  const struck = (phase: Phase, child: string): boolean => {
    if (strike?.phase !== phase) return false
    const { kill } = strike
    strike = undefined
    kill(child)
    return true
  }
  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(incoming)
    const child = String(incoming.headers['x-child'] ?? '')
    const isRefresh = incoming.url === '/api/oauth.v2.access'
    if (isRefresh && struck('before Slack', child)) return void response.destroy()
    const answer = await ask(slack, incoming, body)
    const successor = isRefresh ? successorIn(answer.body) : undefined
    if (isRefresh) refreshes.push({ child, used: new URLSearchParams(body).get('refresh_token') ?? '', successor })
    if (successor !== undefined && struck('before the answer', child)) return void response.destroy()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    if (successor !== undefined) struck('after the answer', child)
  }
  const server = createServer((incoming, response) => void pass(incoming, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    refreshes,
    strikeAt: (phase, kill) => { strike = { phase, kill } },
    close: () => { server.closeAllConnections(); server.close() },
  }
}

function successorIn(body: string): string | undefined {
  return (JSON.parse(body) as { refresh_token?: string }).refresh_token
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function ask(slack: { readonly url: string; readonly ca: string }, incoming: IncomingMessage, body: string): Promise<{ status: number; body: string }> {
  const headers = {
    'content-type': incoming.headers['content-type'] ?? 'application/x-www-form-urlencoded',
    ...(incoming.headers.authorization === undefined ? {} : { authorization: incoming.headers.authorization }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(incoming.url ?? '/', slack.url), { method: 'POST', headers, ca: slack.ca }, (answer) => {
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject)
    })
    outgoing.on('error', reject).end(body)
  })
}
