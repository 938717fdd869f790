// What was said in one channel, told in another: node agent.ts C0ENGINEER '#code-review'
import { WebClient } from '@slack/web-api'
import { createPostern, isPosternError, login, toPosternError } from 'postern/sdk'

const client = { authorityUrl: process.env['POSTERN_URL'] ?? 'http://localhost:8081', clientId: process.env['POSTERN_CLIENT_ID'] ?? 'slack-summary' }
const SHOWN = 20

async function run(from: string, to: string): Promise<string> {
  const session = await login({
    ...client,
    access: [
      { integration: 'slack', scopes: ['channels:history'], targets: [from] },
      { integration: 'slack', scopes: ['chat:write'], targets: [to] },
    ],
    openUrl: (url) => { console.log(`Please approve: ${url}`) },
  })
  const postern = createPostern(client)
  const slack = async (scope: string, target: string): Promise<WebClient> => {
    const { accessToken, baseUrl } = await postern.require('slack', () => session.accessToken(), { scope, target })
    return new WebClient(accessToken, { slackApiUrl: baseUrl })
  }
  // One credential reads, another writes; neither does the other's work.
  const { messages = [] } = await (await slack('channels:history', from)).conversations.history({ channel: from, limit: SHOWN })
  const lines = messages.toReversed().map(({ text = '' }) => `• ${text.split('\n', 1)[0]}`)
  await (await slack('chat:write', to)).chat.postMessage({ channel: to, text: [`${messages.length} messages in ${from}`, ...lines].join('\n') })
  await session.logout()
  return `Told ${to} about ${messages.length} messages`
}

const [from, to] = process.argv.slice(2)
if (from === undefined || to === undefined) {
  console.error('Usage: node agent.ts CHANNEL_ID CHANNEL')
  process.exit(64)
}
try {
  console.log(await run(from, to))
} catch (error) {
  const refused = toPosternError(error)
  if (refused === undefined) throw error
  console.error(`${refused.code}: ${refused.message}${isPosternError(refused, 'consent_required') && refused.consentUrl !== undefined ? `\nA person can approve it at ${refused.consentUrl}` : ''}`)
  process.exitCode = 1
}
