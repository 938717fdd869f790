/** Where Slack has another word for what a person may do than for what a bot may. */
const USER_SCOPE: Readonly<Record<string, string>> = { 'channels:manage': 'channels:write', 'channels:join': 'channels:write' }

/** How Slack calls a scope of policy where it grants it to a person. */
export function slackUserScope(scope: string): string {
  return USER_SCOPE[scope] ?? scope
}
