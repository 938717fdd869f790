import { describe, expect, it } from 'vitest'
import { problemAnswer } from '../../src/http/problem.ts'
import { githubDenialAnswer } from '../../src/integrations/github/denial-answer.ts'
import { slackDenialAnswer } from '../../src/integrations/slack/denial-answer.ts'
import { deny } from '../../src/model/denial.ts'
import { newId } from '../../src/model/ids.ts'
import { viewOf } from '../../src/proxy/denial-view.ts'

const LINK = 'https://postern.acme.com/consent?agent=agent%3Abot&scopes=pulls%3Awrite'

describe.each(['consent_required', 'approval_required', 'connection_required', 'connection_reauth_required'] as const)('the link of %s', (code) => {
  const view = (link?: string) => viewOf(code, newId('dec'), deny(code, 'd', { missingScopes: ['pulls:write'], ...(link !== undefined && { link }) }))

  it.each([
    ['problem details', problemAnswer(view(LINK), 'origin'), (body: { link?: string }) => body.link],
    ['GitHub’s errors', githubDenialAnswer(view(LINK)), (body: { documentation_url?: string }) => body.documentation_url],
    ['GitHub’s errors, in our part', githubDenialAnswer(view(LINK)), (body: { postern?: { link?: string } }) => body.postern?.link],
    ['Slack’s answers', slackDenialAnswer(view(LINK)), (body: { postern?: { link?: string }, link?: string }) => body.postern?.link ?? body.link],
  ])('stands in %s', (_, answer, linkIn) => {
    expect(linkIn(JSON.parse(answer.body) as object)).toBe(LINK)
  })

  it.each([['problem details', problemAnswer(view(), 'origin')], ['GitHub’s errors', githubDenialAnswer(view())], ['Slack’s answers', slackDenialAnswer(view())]])('is missing in %s where there is none', (_, answer) => {
    expect(answer.body).not.toContain('postern.acme.com')
  })
})
