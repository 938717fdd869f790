// An ordinary program on Slack's SDK.
import { WebClient } from '@slack/web-api'

const slack = new WebClient(process.env.AUTH, process.env.BASE_URL ? { slackApiUrl: process.env.BASE_URL } : {})
const posted = await slack.chat.postMessage({ channel: 'C0CODEREVIEW', text: 'Pull request 42 needs eyes.' })
let denied
try {
  await slack.chat.postMessage({ channel: 'C0GENERAL', text: 'hello' })
} catch (error) {
  denied = { code: error.code, error: error.data?.error }
}
console.log(JSON.stringify({ ok: posted.ok, channel: posted.channel, denied }))
